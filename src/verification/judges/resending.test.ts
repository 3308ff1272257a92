import { expect, test } from 'vitest';
import { noUsage } from '#contracts/replay.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { judgeReplying } from '#testing/rigs/scripted-judge.ts';
import type { JudgeReply } from './judge.ts';
import { resending } from './resending.ts';

const took = { model: 'm', usage: noUsage, latencyMs: 1, retries: 1 };
const lost: JudgeReply = {
  ...took,
  ok: false,
  fault: 'unavailable',
  detail: 'cut off',
  passing: true,
  uncertain: 1,
};
const answered: JudgeReply = {
  ...took,
  ok: true,
  answer: { changes: [], question: null, variants: [], verdicts: [] },
};

const askedOf = async (...replies: JudgeReply[]) => {
  const { judge, asked } = judgeReplying((place) => replies[place]);
  const reply = await resending(judge).open(changeNumber(1)).ask({ measure: 'answer_key' });
  return { asked: asked(), reply };
};

test('a question that got lost is sent again, and that counts as a retry', async () => {
  expect(await askedOf(lost, lost, answered)).toMatchObject({ asked: 3, reply: { ok: true, retries: 3 } });
});

test('three losses in a row end the question', async () => {
  expect(await askedOf(lost, lost, lost)).toMatchObject({ asked: 3, reply: { ok: false, retries: 3 } });
});

test('a question that was answered, turned away or not sent is not sent again', async () => {
  const { uncertain: _, ...turnedAway } = lost;
  for (const reply of [answered, turnedAway, { ...took, ok: false, fault: 'malformed', detail: '' } as const])
    expect(await askedOf(reply)).toEqual({ asked: 1, reply });
});
