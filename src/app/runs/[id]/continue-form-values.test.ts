import { expect, test } from 'vitest';
import { controlsOf, issuesByControl, readContinueForm } from './continue-form-values.ts';

const run = { runId: 'r', oracleHeaderNames: ['Authorization', 'X.Key'], costUsd: 0 };
const read = (values: Record<string, string>) =>
  readContinueForm((control) => values[control] ?? '', 'resume', run);

test('a filled form sends each header by its name, and an empty field keeps the old run’s value', () => {
  expect(read({ 'header-0': 'Bearer a', 'header-1': 'b', maxCostUsd: ' 2.5 ' })).toEqual({
    request: {
      id: 'r',
      oracleUrl: undefined,
      oracleHeaders: { Authorization: 'Bearer a', 'X.Key': 'b' },
      githubToken: null,
      maxCostUsd: 2.5,
    },
  });
});

test('a header without a value is an error at that header', () => {
  const answer = read({ 'header-0': 'Bearer a' });
  expect('issues' in answer && issuesByControl(answer.issues, run)).toEqual({
    'header-1': 'Give its value again.',
  });
});

test('a header value that no client can send, a bad address and a bad limit are errors at their controls', () => {
  const answer = read({ 'header-0': 'a', 'header-1': 'ü', oracleUrl: 'ftp://o', maxCostUsd: '-1' });
  expect('issues' in answer && Object.keys(issuesByControl(answer.issues, run)).toSorted()).toEqual([
    'header-1',
    'maxCostUsd',
    'oracleUrl',
  ]);
});

test('a limit below what the attempt has cost is refused when resuming, but not for a new attempt', () => {
  const spent = { runId: 'r', oracleHeaderNames: [], costUsd: 2.5 };
  const limitOf = (how: 'resume' | 'retry', maxCostUsd: string) =>
    readContinueForm((control) => (control === 'maxCostUsd' ? maxCostUsd : ''), how, spent);
  expect(limitOf('resume', '2.49')).toEqual({
    issues: [
      {
        path: 'maxCostUsd',
        message: 'This attempt has cost US$ 2.50 already. Give a limit above that.',
      },
    ],
  });
  expect(limitOf('resume', '2.51')).toMatchObject({ request: { maxCostUsd: 2.51 } });
  expect(limitOf('resume', '')).toMatchObject({ request: { maxCostUsd: undefined } });
  expect(limitOf('retry', '1')).toMatchObject({ request: { maxCostUsd: 1 } });
});

test('a server’s error is shown at its control, or above the form if it has none', () => {
  expect(
    issuesByControl(
      [
        { path: 'oracleHeaders', message: 'give them again' },
        { path: 'githubToken', message: 'give it again' },
        { path: 'id', message: 'resumed already' },
      ],
      run,
    ),
  ).toEqual({ 'header-0': 'give them again', githubToken: 'give it again', '': 'resumed already' });
  const bare = { oracleHeaderNames: [] };
  expect(issuesByControl([{ path: 'oracleHeaders', message: 'm' }], bare)).toEqual({ '': 'm' });
  expect(controlsOf(bare)).toEqual(['oracleUrl', 'githubToken', 'maxCostUsd']);
});
