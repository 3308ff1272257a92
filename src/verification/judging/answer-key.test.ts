import { expect, test } from 'vitest';
import { noVariants } from '#testing/builders/replay-checkpoint.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { type ScriptedReply, scriptedJudge, usageOfOneCall } from '#testing/rigs/scripted-judge.ts';
import type { JudgeAnswer } from '../judges/judge.ts';
import { makeAnswerKey } from './answer-key.ts';

const groundTruth = changeNumber(1);
const limitLine = 'export const retryLimit1 = 25;';
const backoffLine = 'export const backoffSeconds1 = 15;';
const good = { id: 'x', statement: 'Retries are limited to 25.', quote: limitLine };
const alsoGood = { id: 'x', statement: 'Retries wait 15 seconds.', quote: `+ ${backoffLine}` };
const unquoted = { id: 'y', statement: 'Jobs are faster.', quote: 'import queue from "./queue";' };
const question: JudgeAnswer['question'] = { text: 'How many?', reference_answer: '25', quote: limitLine };

const make = (...script: ScriptedReply[]) => {
  const judge = scriptedJudge(...script);
  return makeAnswerKey(judge, groundTruth, { model: 'configured-model' });
};

test('a key has quoted changes under ids that code assigns, and a quoted question', async () => {
  expect(await make({ changes: [good, alsoGood], question })).toEqual({
    kind: 'made',
    key: {
      changes: [
        { ...good, id: 'c1' },
        { ...alsoGood, id: 'c2' },
      ],
      question: 'How many?',
      referenceAnswer: '25',
      questionQuote: limitLine,
      variants: noVariants,
    },
    model: 'answering-model',
    reused: false,
    retries: 0,
    latencyMs: 7,
    asks: 1,
    usage: usageOfOneCall,
  });
});

test('changes without a quote from the diff are asked for again once and then left out', async () => {
  expect(
    await make({ changes: [good, unquoted], question }, { changes: [good, alsoGood], question }),
  ).toMatchObject({
    kind: 'made',
    key: { changes: [{ id: 'c1' }, { id: 'c2' }] },
    asks: 2,
  });
  expect(
    await make({ changes: [unquoted, good], question }, { changes: [good, unquoted], question }),
  ).toMatchObject({
    kind: 'made',
    key: { changes: [{ id: 'c1', statement: good.statement }] },
    asks: 2,
  });
});

test('the usable part of an answer is not lost when the judge fails afterwards', async () => {
  const fault = { fault: 'truncated' } as const;
  expect(await make({ changes: [good, unquoted], question }, fault, fault, fault)).toMatchObject({
    kind: 'made',
    key: { changes: [{ id: 'c1' }] },
    asks: 4,
  });
});

test('the same change said twice counts once', async () => {
  const twice = { changes: [good, { ...good, statement: ' retries are  limited to 25.' }], question };
  expect(await make(twice, twice)).toMatchObject({ kind: 'made', key: { changes: [{ id: 'c1' }] } });
});

const repeat = (reply: ScriptedReply): ScriptedReply[] => [reply, reply, reply, reply];

test.each<[string, ScriptedReply, string]>([
  ['no changes', { changes: [], question }, 'no changes named'],
  ['no quoted change', { changes: [unquoted], question }, 'no change has a quote from the diff'],
  ['no question', { changes: [good], question: null }, 'no question with a reference answer'],
  ['a blank reference', { changes: [good], question: { ...question, reference_answer: ' ' } }, 'no question'],
  [
    'an unquoted question',
    { changes: [good], question: { ...question, quote: 'nowhere at all' } },
    'the question has no quote from the diff',
  ],
  [
    'more than 10 changes',
    { changes: Array.from({ length: 11 }, (_, n) => ({ ...good, statement: `Change ${n}` })), question },
    '11 changes named, at most 10 are asked for',
  ],
  ['a refusal', { fault: 'refused', detail: 'too large' }, 'the judge refused to answer (too large)'],
])('%s in every answer makes a key impossible', async (_, reply, reason) => {
  expect(await make(...repeat(reply))).toMatchObject({
    kind: 'impossible',
    reason: expect.stringContaining(`no usable answer key after asking 4 times: ${reason}`),
    // Only an answer that names nothing says something about the change.
    cause: reason === 'no changes named' ? 'change' : 'judge',
    asks: 4,
    usage: { calls: 4 },
  });
});

test.each<[string, ScriptedReply]>([
  ['a refusal', { fault: 'refused' }],
  ['a truncated one', { fault: 'truncated' }],
  ['a malformed one', { fault: 'malformed' }],
  ['one without a question', { changes: [good], question: null }],
])('with %s among empty answers the missing key is not put on the change', async (_, other) => {
  const empty = { changes: [], question: null };
  for (const at of [0, 1, 3])
    expect(await make(...repeat(empty).with(at, other))).toMatchObject({
      kind: 'impossible',
      cause: 'judge',
    });
});

test('an API that rejects every request for a key says nothing about the pull request', async () => {
  expect(await make(...repeat({ fault: 'rejected', detail: 'answered 400' }))).toMatchObject({
    kind: 'unavailable',
    reason: 'the request to the judge was rejected (answered 400)',
    asks: 4,
  });
});

test('an unavailable judge says nothing about the pull request', async () => {
  expect(await make({ fault: 'malformed' }, { fault: 'unavailable', detail: 'no key' })).toMatchObject({
    kind: 'unavailable',
    reason: 'no key',
    asks: 2,
  });
});
