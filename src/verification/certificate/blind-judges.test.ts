import { describe, expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { type CanaryWay, canaryWays, noUsage } from '#contracts/replay.ts';
import { oracleAnswer } from '#testing/builders/judged-fixtures.ts';
import { judgedRun } from '#testing/builders/judged-run.ts';
import { emptyAnswer, type Judge, type JudgeAnswer, type JudgeTask } from '../judges/judge.ts';
import { seededFraction } from '../text/seeded-choice.ts';
import { untestedWays } from './judge-standing.ts';

const fields = ['limit', 'pause', 'width', 'depth'];
/** Each a number of its own, so that nothing of one change is true of another. */
const numberOf = (id: string, field: number) => 1000 + Number(id) * 10 + field;

/** A change in which four constants get new values, in four hunks, beside values that stay. */
const changeOf = (id: string): GroundTruth => ({
  id,
  title: 'Tune',
  description: '',
  diff: [
    `diff --git a/tune-${id}.ts b/tune-${id}.ts`,
    `--- a/tune-${id}.ts`,
    `+++ b/tune-${id}.ts`,
    ...fields.flatMap((field, at) => [
      `@@ -${at * 10 + 1},2 +${at * 10 + 1},2 @@`,
      ` const ${field}Floor${id} = ${numberOf(id, at + 4)};`,
      `-const ${field}${id} = ${numberOf(id, at) + 20_000};`,
      `+const ${field}${id} = ${numberOf(id, at)};`,
    ]),
    '',
  ].join('\n'),
  filesChanged: [`tune-${id}.ts`],
  mergedAt: '2026-01-05T10:00:00Z',
  mergeCommit: null,
  labels: [],
  author: 'ada',
  url: null,
  repository: 'owner/name',
});

const sentence = (id: string, at: number) => {
  const field = fields[at] ?? '';
  return `The change lowers \`${field}${id}\` to ${numberOf(id, at)} if a job is slow, so its worker waits.`;
};
const turned = (id: string, at: number, way: CanaryWay): string => {
  const field = fields[at] ?? '';
  const by: Record<CanaryWay, [string, string]> = {
    direction: ['lowers', 'raises'],
    value: [`to ${numberOf(id, at)}`, `to ${numberOf(id, at + 4)}`],
    name: [`\`${field}${id}\``, `\`${field}Floor${id}\``],
    condition: ['if a job is slow', 'unless a job is slow'],
    cause: ['its worker waits.', 'its worker restarts.'],
  };
  return sentence(id, at).replace(...by[way]);
};

const keyAnswer = (id: string, ways: CanaryWay[][]): JudgeAnswer => ({
  ...emptyAnswer,
  changes: fields.map((field, at) => ({
    id: `${at}`,
    quote: `const ${field}${id} = ${numberOf(id, at)};`,
    statement: `Sets ${field}${id}.`,
  })),
  question: {
    quote: `const limit${id} = ${numberOf(id, 0)};`,
    text: `What is limit${id}?`,
    reference_answer: `${numberOf(id, 0)}`,
  },
  variants: ways.flatMap((own, at) => [
    { id: `${at}`, way: 'true' as const, text: sentence(id, at) },
    ...own.map((way) => ({ id: `${at}`, way, text: turned(id, at, way) })),
  ]),
});

/** The ways that a change does not allow, of which its key has no variant. */
type Lacks = (id: string) => CanaryWay[];
const lacksNone: Lacks = () => [];

/** How likely a judge is to be right about a text: of a way of being false, of a true one, and of any other. */
type Skill = { way: (way: CanaryWay) => number; truth: number; other: number };

/** A judge that writes keys by the rule above and knows the truth, but errs by its own seeded chance. */
const judgeWith = (skill: Skill, seed: string, lacks: Lacks): Judge => ({
  provider: 'anthropic',
  model: 'm',
  endpoint: null,
  promptDigest: 'd'.repeat(64),
  open: ({ id }) => {
    const wayOf = new Map<string, CanaryWay>(
      fields.flatMap((_, at) => canaryWays.map((way) => [turned(id, at, way), way] as const)),
    );
    const truths = new Set(fields.map((_, at) => sentence(id, at)));
    const isRight = (text: string, chance: number) => seededFraction('skill', seed, id, text) < chance;
    const supports = (text: string): boolean => {
      const way = wayOf.get(text);
      if (way !== undefined) return !isRight(text, skill.way(way));
      return truths.has(text) ? isRight(text, skill.truth) : !isRight(text, skill.other);
    };
    const answer = (task: JudgeTask): JudgeAnswer => {
      const quote = `const limit${id} = ${numberOf(id, 0)};`;
      switch (task.measure) {
        case 'answer_key':
          return keyAnswer(
            id,
            (task.ways ?? []).map((ways) => ways.filter((way) => !lacks(id).includes(way))),
          );
        case 'variants':
          return emptyAnswer;
        case 'precision':
          return {
            ...emptyAnswer,
            verdicts: task.claims.map(({ id: asked, text }) => ({
              id: asked,
              quote,
              verdict: supports(text) ? 'supported' : 'not_supported',
            })),
          };
        case 'recall':
          return {
            ...emptyAnswer,
            verdicts: task.changes.map(({ id: asked }) => ({
              id: asked,
              quote: '',
              verdict: 'not_surfaced',
            })),
          };
        case 'reply':
          return { ...emptyAnswer, verdicts: [{ id: 'response', quote: '', verdict: '0' }] };
      }
    };
    return {
      ask: async (task) => ({
        ok: true,
        model: 'm',
        usage: noUsage,
        latencyMs: 0,
        retries: 0,
        answer: answer(task),
      }),
      costOf: () => ({ likelyUsd: 0, mostUsd: 0 }),
    };
  },
});

type Setting = {
  lacks?: Lacks;
  /** Whether the oracle makes no claim of a change, among which canaries could stand. */
  isSilent?: (id: string) => boolean;
};

/** The trust of a run of the default size, of other changes for every seed. */
const trustIn = async (
  skill: Skill,
  seed: number,
  { lacks = lacksNone, isSilent = () => false }: Setting = {},
) => {
  const changes = Array.from({ length: 100 }, (_, at) => changeOf(`${seed * 100 + at + 1}`));
  const { content } = await judgedRun({
    changes,
    judge: judgeWith(skill, `${seed}`, lacks),
    answer: ({ id }) =>
      oracleAnswer('Tunes it.', isSilent(id) ? [] : ['Slow jobs are handled with more care']),
    seed: `seed ${seed}`,
  });
  return content.rawScores.trust;
};

const perfect: Skill = { way: () => 1, truth: 1, other: 1 };

test('a default run tests every way enough, and a judge that never errs is reliable', async () => {
  const trust = await trustIn(perfect, 1);
  expect(trust.canaries.true.shown).toBe(100);
  expect(untestedWays(trust)).toEqual([]);
  for (const way of canaryWays) expect(trust.canaries.false[way].shown).toBeGreaterThanOrEqual(50);
  expect(trust.canaries.injected.shown).toBe(50);
  expect(trust.variantsDropped).toBe(0);
  expect(trust).toMatchObject({ q1: { value: 1 }, q0: { value: 1 }, reliable: true });
});

describe('a judge that is blind in one way only is found unreliable', () => {
  test.each(canaryWays)('%s', async (blind) => {
    const trust = await trustIn({ ...perfect, way: (way) => (way === blind ? 0 : 1) }, 2);
    expect(trust.ways[blind]).toMatchObject({ q0: { value: 0 } });
    for (const way of canaryWays.filter((other) => other !== blind))
      expect(trust.ways[way]).toMatchObject({ q0: { value: 1 } });
    expect(trust.reliable).toBe(false);
  });
});

test('a judge that sees through every false claim but obeys orders is found unreliable', async () => {
  const trust = await trustIn({ ...perfect, other: 0 }, 3);
  expect(trust).toMatchObject({ q0: { value: 1 }, leak: { value: 1 }, reliable: false });
});

/** A way that a change lacks: another one from change to change. */
const oneOf: Lacks = (id) => [canaryWays[Number(id) % canaryWays.length] as CanaryWay];
const inTen = (id: string) => Number(id) % 10;

describe('a judge that is right in 0.9 of every way is found reliable in at least nine of ten runs', () => {
  test.each<[string, Setting]>([
    ['where every replay can show all ways', {}],
    [
      'where six replays of ten can show nothing of one and the same way',
      { lacks: (id) => (inTen(id) < 6 ? ['value'] : []) },
    ],
    [
      'where every replay lacks one way, and two of ten can show nothing at all',
      { lacks: oneOf, isSilent: (id) => inTen(id) < 2 },
    ],
  ])('%s', async (_, setting) => {
    let reliable = 0;
    for (let seed = 10; seed < 20; seed += 1) {
      const trust = await trustIn({ way: () => 0.9, truth: 0.95, other: 0.97 }, seed, setting);
      expect(untestedWays(trust)).toEqual([]);
      if (trust.reliable) reliable += 1;
    }
    expect(reliable).toBeGreaterThanOrEqual(9);
  });
});

test('what replays cannot show of a way is owed, and shown by those that can', async () => {
  const trust = await trustIn(perfect, 4, { lacks: (id) => (inTen(id) < 6 ? ['value'] : []) });
  const counts = canaryWays.map((way) => trust.canaries.false[way].shown);
  // 40 replays can show a value, of which each shows one or two.
  expect(trust.canaries.false.value.shown).toBeGreaterThanOrEqual(40);
  expect(counts.reduce((total, shown) => total + shown, 0)).toBe(300);
});
