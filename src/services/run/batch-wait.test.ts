import { expect, test } from 'vitest';
import { batchWaitText } from './batch-wait.ts';

const sentAt = new Date('2026-11-24T10:05:42Z');

test('a wait for a batch says for how many calls, since when and for how long at most', () => {
  expect(batchWaitText({ queued: 0, sent: 12, batches: 1, sentAt })).toBe(
    'Waiting for a batch of 12 calls that was sent at 2026-11-24 10:05 UTC; most end within an hour, all within 24 hours.',
  );
  expect(batchWaitText({ queued: 3, sent: 1, batches: 1, sentAt })).toContain('a batch of 1 call that');
});

test('several batches are shown as one wait, since the oldest', () => {
  expect(batchWaitText({ queued: 0, sent: 700, batches: 2, sentAt })).toContain(
    '2 batches of 700 calls in all, the first of which was sent at 2026-11-24 10:05 UTC;',
  );
});

test('calls that are gathered for a batch are not shown as sent', () => {
  expect(batchWaitText({ queued: 4, sent: 0, batches: 0, sentAt: null })).toBe(
    'Gathering the judge’s calls for a batch: 4 calls so far.',
  );
});
