import { expect, test } from 'vitest';
import { jobPayloads } from './jobs.ts';

const runId = '018f3c5e-7a55-4c1e-9d53-0c8f2c1f2a11';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('a job carries its ids and its trace, and drops anything else', () => {
  expect(jobPayloads['ingest-run'].parse({ runId, traceparent, githubToken: 'planted' })).toEqual({
    runId,
    traceparent,
  });
});

test.each([
  'planted',
  `${traceparent}-planted`,
  traceparent.toUpperCase(),
  '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  7,
])('a malformed trace (%s) is dropped, and the job stays', (malformed) => {
  expect(jobPayloads['ingest-run'].parse({ runId, traceparent: malformed })).toEqual({ runId });
});
