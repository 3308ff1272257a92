import { expect, test } from 'vitest';
import { batchesOf } from '#contracts/judge-providers.ts';
import type { Run } from '#contracts/run.ts';
import { viewRun } from './run-view.ts';

const run: Run = {
  runId: 'r',
  status: 'SCORING',
  progress: 1,
  total: 3,
  constructId: 'construct',
  repoUrl: 'owner/name',
  error: null,
  activity: 'Waiting for a batch of 3 calls.',
  waitingFor: 'Waiting for a batch of 3 calls.',
  position: null,
  certificateId: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  judge: 'anthropic',
  economy: true,
  batch: { queued: 0, sent: 3, sentAt: '2026-01-01T00:00:00.000Z' },
  sample: false,
  costUsd: 0,
  mostCostUsd: 0,
  costKnown: true,
  maxCostUsd: 5,
  usage: {
    calls: 0,
    estimatedCalls: 0,
    inputTokens: 0,
    cacheWriteTokens: 0,
    cacheReadTokens: 0,
    outputTokens: 0,
  },
  secondsLeft: null,
  continuesRunId: null,
  continuation: null,
  can: { cancel: true, resume: false, retry: false },
  oracleFailures: null,
  needsOracleUrl: false,
  oracleHeaderNames: [],
};
const view = (changes: Partial<Run>) => viewRun({ ...run, ...changes }, 'http://x', (_, text) => text);

test('a run that is judged through batches says so, and what it waits for', () => {
  expect(view({})).toContain(`anthropic, through batches (${batchesOf('anthropic')?.terms})`);
  expect(view({})).toContain('Waiting for a batch of 3 calls.');
  expect(view({ economy: false, batch: null })).toMatch(/^Judge +anthropic$/m);
});

test('the cost of a run that ended while a batch is out is marked as not final', () => {
  const notFinal = 'so far; a batch that was sent is still to be charged';
  expect(view({ status: 'FAILED' })).toContain(`0.0000 USD of at most 5.0000 USD ${notFinal}`);
  expect(view({})).not.toContain(notFinal);
  expect(view({ status: 'FAILED', batch: { queued: 3, sent: 0, sentAt: null } })).not.toContain(notFinal);
});

test('the judge’s usage is shown in calls and tokens, and left out if it was not called', () => {
  const usage = {
    calls: 12,
    estimatedCalls: 0,
    inputTokens: 3400,
    cacheWriteTokens: 5000,
    cacheReadTokens: 60_000,
    outputTokens: 700,
  };
  expect(view({ usage })).toMatch(
    /^Usage +12 calls, 3,400 tokens in, 5,000 written to and 60,000 read from the cache, 700 out$/m,
  );
  expect(view({ usage: { ...usage, estimatedCalls: 5 } })).toMatch(
    / 700 out; tokens estimated for 5 of 12 calls$/m,
  );
  expect(view({})).not.toContain('Usage');
});
