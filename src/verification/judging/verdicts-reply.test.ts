import { expect, test } from 'vitest';
import { judgedKey, says, verdict, verdictMaterial } from '#testing/builders/verdict-material.ts';
import { type ScriptedReply, scriptedJudge } from '#testing/rigs/scripted-judge.ts';
import { judgeReply } from './verdicts.ts';

test.each(['0', '0.25', '0.5', '0.75', '1'] as const)('%s is a grade', async (grade) => {
  const judge = scriptedJudge(says(verdict('response', grade)));
  expect(await judgeReply(verdictMaterial(judge))).toMatchObject({
    kind: 'judged',
    replyAccuracy: Number(grade),
    asks: 1,
  });
  expect(judge.tasks).toEqual([
    { measure: 'reply', question: judgedKey.question, referenceAnswer: '25', response: 'Twenty-five.' },
  ]);
});

test('no grade, two grades and a verdict of another measure are asked again', async () => {
  const judge = scriptedJudge(
    says(),
    says(verdict('response', '1'), verdict('response', '0')),
    says(verdict('response', 'supported')),
    says(verdict('response', '0.5')),
  );
  expect(await judgeReply(verdictMaterial(judge))).toMatchObject({
    kind: 'judged',
    replyAccuracy: 0.5,
    asks: 4,
  });
});

const refused = { fault: 'refused' } as const;
const rejected = { fault: 'rejected', detail: 'answered 400' } as const;

test('a response that the judge’s API rejects is checked against the reference answer too', async () => {
  const all = [rejected, rejected, rejected, rejected];
  expect(
    await judgeReply(verdictMaterial(scriptedJudge(...all, says(verdict('response', '1'))))),
  ).toMatchObject({
    kind: 'judged',
    replyAccuracy: 0,
    control: true,
  });
  expect(await judgeReply(verdictMaterial(scriptedJudge(...all, rejected)))).toMatchObject({
    kind: 'unscored',
    reason: expect.stringContaining('the request to the judge was rejected (answered 400)'),
  });
});

test.each<[string, ScriptedReply, object]>([
  [
    'gets a grade, the reply is 0',
    says(verdict('response', '1')),
    { kind: 'judged', replyAccuracy: 0, control: true },
  ],
  ['is graded as wrong, the reply is unscored', says(verdict('response', '0.25')), { kind: 'unscored' }],
  ['is refused too, the reply is unscored', refused, { kind: 'unscored' }],
])(
  'a reply without a grade within the budget is checked against the reference answer: if that %s',
  async (_, control, expected) => {
    const judge = scriptedJudge(refused, refused, refused, refused, control);
    expect(await judgeReply(verdictMaterial(judge))).toMatchObject({ ...expected, asks: 5 });
    expect(judge.tasks[4]).toMatchObject({ response: judgedKey.referenceAnswer });
  },
);

test('an empty response gets 0 without asking, and a long one is cut', async () => {
  expect(await judgeReply(verdictMaterial(scriptedJudge(), { followUpResponse: ' ' }))).toMatchObject({
    kind: 'judged',
    asks: 0,
    replyAccuracy: 0,
  });
  const judge = scriptedJudge(says(verdict('response', '0')));
  const result = await judgeReply(verdictMaterial(judge, { followUpResponse: 'y'.repeat(1003) }));
  expect(result).toMatchObject({ responseCutCharacters: 3 });
});

test('an abort between two questions rejects', async () => {
  const abort = new AbortController();
  const judge = scriptedJudge(() => {
    abort.abort(new Error('stopped'));
    return { fault: 'malformed' };
  });
  await expect(judgeReply({ ...verdictMaterial(judge), signal: abort.signal })).rejects.toThrow('stopped');
});
