import { expect, test } from 'vitest';
import { noUsage } from '#contracts/replay.ts';
import { failedCheckpoint, judgedCheckpoint, unscoredVerdict } from '#testing/builders/replay-checkpoint.ts';
import { resumable } from './resumable.ts';

const judged = judgedCheckpoint({ claims: [true], changes: [true], replyAccuracy: 1 });

test('answers and verdicts that were obtained are not asked for again', () => {
  expect(resumable(judged, true)).toEqual(judged);
  expect(resumable(failedCheckpoint(2), true)).toEqual(failedCheckpoint(2));
});

test('only what the verifier could not obtain is asked for again', () => {
  const { recall: _, ...rest } = judged;
  expect(resumable({ ...judged, recall: unscoredVerdict() }, true)).toEqual(rest);
  const unavailable = {
    answerKey: { kind: 'unavailable', reason: 'down', asks: 1, retries: 0, latencyMs: 1, usage: noUsage },
  } as const;
  expect(resumable(unavailable, true)).toEqual({});
});

test('an oracle whose outcome does not stand is called again', () => {
  const { answerKey } = failedCheckpoint(2, false);
  expect(resumable(failedCheckpoint(2, false), false)).toEqual({ answerKey });
  expect(resumable(failedCheckpoint(2, false), true)).toEqual(failedCheckpoint(2, false));
});
