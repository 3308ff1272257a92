import { expect, test } from 'vitest';
import type { MadeAnswerKey } from '#contracts/replay.ts';
import { noVariants } from '#testing/builders/replay-checkpoint.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { type ScriptedReply, scriptedJudge, usageOfOneCall } from '#testing/rigs/scripted-judge.ts';
import { dealWays, isForSecondAuthor } from '../canaries/ways.ts';
import { withVariants } from './with-variants.ts';

const groundTruth = changeNumber(1);
const statements = ['Retries are limited to 25.', 'Retries wait 15 seconds.', 'A', 'B', 'C'];
const draft: MadeAnswerKey = {
  kind: 'made',
  key: {
    changes: statements.map((statement, at) => ({
      id: `c${at + 1}`,
      statement,
      quote: at === 0 ? 'export const retryLimit1 = 25;' : 'export const backoffSeconds1 = 15;',
    })),
    question: 'How many?',
    referenceAnswer: '25',
    questionQuote: 'export const retryLimit1 = 25;',
    variants: noVariants,
  },
  model: 'key-model',
  reused: false,
  asks: 1,
  retries: 0,
  latencyMs: 7,
  usage: usageOfOneCall,
};

const paraphrase = 'A failing job is tried again at most 25 times.';
const acceptable: ScriptedReply = {
  variants: [
    { id: 'c1', way: 'true', text: paraphrase },
    { id: 'c2', way: 'true', text: 'A job waits for 99 seconds.' },
    { id: 'elsewhere', way: 'true', text: 'A job is bounded.' },
  ],
};
const useless: ScriptedReply = { variants: [{ id: 'c1', way: 'true', text: 'It knows 99 names.' }] };

const written = (...scripts: ScriptedReply[][]) => {
  const judges = scripts.map((script) => scriptedJudge(...script));
  const writers = judges.map((judge, at) => ({ judge, model: `configured-${at}` }));
  return { judges, made: withVariants(draft, groundTruth, { writers }) };
};

test('every second pull request is for the second author, whatever run it is in', () => {
  const share = (count: number) =>
    Array.from({ length: count }, (_, at) => changeNumber(at)).filter(isForSecondAuthor).length / count;
  expect(share(2000)).toBeGreaterThan(0.46);
  expect(share(2000)).toBeLessThan(0.54);
  expect(isForSecondAuthor({ ...groundTruth, mergedAt: '2026-02-01T00:00:00Z', labels: ['bug'] })).toBe(
    isForSecondAuthor(groundTruth),
  );
});

test('the author sees the key’s first four changes with the ways dealt to each, and nothing else of the key', async () => {
  const { judges, made } = written([acceptable]);
  await made;
  const ways = dealWays(groundTruth);
  expect(judges[0]?.tasks).toEqual([
    {
      measure: 'variants',
      changes: draft.key.changes.slice(0, 4).map((change, at) => ({ ...change, ways: ways[at] })),
    },
  ]);
});

test('code checks what the author wrote, and the key names the model that answered', async () => {
  const { judges, made } = written([acceptable], [acceptable]);
  expect(await made).toEqual({
    ...draft,
    key: {
      ...draft.key,
      variants: {
        author: 'answering-model',
        changes: [{ changeId: 'c1', paraphrase, falsehoods: [] }],
        dropped: 1,
      },
    },
    variantsAsked: [{ model: 'answering-model', asks: 1, retries: 0, latencyMs: 7, usage: usageOfOneCall }],
  });
  expect(judges[1]?.tasks).toEqual([]);
});

const repeat = (reply: ScriptedReply) => [reply, reply, reply, reply];

test.each<[string, ScriptedReply[], number]>([
  ['refuses', repeat({ fault: 'refused' }), 4],
  ['is cut off', repeat({ fault: 'truncated' }), 4],
  ['is malformed', repeat({ fault: 'malformed' }), 4],
  ['is rejected', repeat({ fault: 'rejected' }), 4],
  ['is away', [{ fault: 'unavailable', detail: 'no connection' }], 1],
  ['writes nothing', repeat({}), 4],
  ['writes what the diff does not bear out', repeat(useless), 4],
])('where the author %s, the run’s own judge writes', async (_, script, asks) => {
  const made = await written(script, [acceptable]).made;
  expect(made.key.variants).toMatchObject({ author: 'answering-model', changes: [{ changeId: 'c1' }] });
  expect(made.variantsAsked?.map((asked) => asked.asks)).toEqual([asks, 1]);
});

test('where nobody can write any, the key stands without', async () => {
  const gone = { fault: 'unavailable' } as const;
  const made = await written([gone], [gone]).made;
  expect(made).toMatchObject({ kind: 'made', key: draft.key });
  expect((await written([gone], repeat(useless)).made).key.variants).toEqual({ ...noVariants, dropped: 1 });
});
