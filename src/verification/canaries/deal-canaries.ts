import type { GroundTruth } from '#contracts/ground-truth.ts';
import { reliableJudge } from '#contracts/judge-trust.ts';
import { type AnswerKey, type Canary, type CanaryWay, canaryWays } from '#contracts/replay.ts';
import { seededFraction } from '../text/seeded-choice.ts';
import { makeCanaries } from './make-canaries.ts';
import { changesWithVariants } from './ways.ts';

/** One canary as counted. */
export type ShownCanary = Pick<Canary, 'kind' | 'way'>;

/** What another replay of the run has shown, or is about to: empty if it could show nothing. */
export type ReplayShown = ShownCanary[];

type DealMaterial = {
  groundTruth: GroundTruth;
  key: AnswerKey;
  /** Other changes of the run, which code makes falsehoods from. */
  others: GroundTruth[];
  seed: string;
  /** The run's other replays so far. */
  shown: readonly ReplayShown[];
};

/**
 * How many natural canaries a replay shows, and how many once earlier ones could not. Of one change at most one is shown,
 * so there are never more than changes with variants.
 */
const usual = { true: 1, false: 3 } as const;
const most = { true: 2, false: changesWithVariants } as const;

/**
 * The canaries of one replay (methodology, "Canaries"): natural ones, of each change of the key at most one, the ways that
 * the run has shown least before others; beside them one that code made, and in every second replay an injected one. What
 * earlier replays could not show is made up for. The same arguments always give the same canaries.
 */
export function dealCanaries({ groundTruth, key, others, seed, shown }: DealMaterial): Canary[] {
  const all = shown.flat();
  const counted = (kind: Canary['kind']) => all.filter((canary) => canary.kind === kind).length;
  const natural = dealNatural({ groundTruth, key, seed, shown: all, replays: shown.length });
  const used = new Set(natural.map(({ changeId }) => changeId));
  const made = makeCanaries({
    groundTruth,
    others,
    seed,
    besides: [
      ...natural.map(({ canary }) => canary.text),
      ...key.changes.filter(({ id }) => used.has(id)).map(({ quote }) => quote),
    ],
  });
  const chance = seededFraction('code-made', seed, groundTruth.id) < 0.5 ? 0.5 : -0.5;
  const trueFirst = counted('code_true') + chance < counted('code_false');
  const code = trueFirst ? (made.code_true ?? made.code_false) : (made.code_false ?? made.code_true);
  const isInjectedDue = 2 * counted('injected') <= shown.length;
  return [...natural.map(({ canary }) => canary), code, isInjectedDue ? made.injected : null].filter(
    (canary) => canary !== null,
  );
}

type Natural = { changeId: string; canary: Canary };

function dealNatural({
  groundTruth,
  key,
  seed,
  shown,
  replays,
}: Pick<DealMaterial, 'groundTruth' | 'key' | 'seed'> & {
  shown: ShownCanary[];
  replays: number;
}): Natural[] {
  const { author, changes } = key.variants;
  const chance = (...parts: string[]) => seededFraction('natural', seed, groundTruth.id, ...parts);
  const open = changes.toSorted((a, b) => chance(a.changeId) - chance(b.changeId));
  const counts = new Map(
    canaryWays.map((way) => [
      way,
      shown.filter((canary) => canary.kind === 'false' && canary.way === way).length,
    ]),
  );
  const count = (way: CanaryWay) => counts.get(way) ?? 0;
  const before = {
    true: shown.filter(({ kind }) => kind === 'true').length,
    false: shown.filter(({ kind }) => kind === 'false').length,
  };
  const due = dueOf(before, replays, open.length);
  const dealt: Natural[] = [];
  const put = (changeId: string, canary: Omit<Canary, 'author'>) => {
    open.splice(
      open.findIndex((change) => change.changeId === changeId),
      1,
    );
    dealt.push({ changeId, canary: { ...canary, author } });
  };
  for (let place = 0; place < due.false; place += 1) {
    const [next] = open
      .flatMap(({ changeId, falsehoods }) => falsehoods.map((falsehood) => ({ changeId, ...falsehood })))
      .toSorted((a, b) => count(a.way) - count(b.way) || chance(a.way) - chance(b.way));
    if (next === undefined) break;
    counts.set(next.way, count(next.way) + 1);
    put(next.changeId, { kind: 'false', way: next.way, text: next.text });
  }
  // Every change with a falsehood has a true variant too, so whatever is left will do.
  for (const { changeId, paraphrase } of open.slice(0, due.true))
    put(changeId, { kind: 'true', way: null, text: paraphrase });
  return dealt;
}

/**
 * How many true and false ones this replay shows, out of `places` changes. Where there are fewer places than are due, they
 * go to whichever the run has fewer of against what a reliable judge needs, so that it reaches both counts.
 */
function dueOf(before: { true: number; false: number }, replays: number, places: number) {
  const atMost = (kind: 'true' | 'false') =>
    Math.min(most[kind], Math.max(usual[kind], usual[kind] * (replays + 1) - before[kind]));
  const needed = {
    true: reliableJudge.true,
    false: reliableJudge.falseOfEachWay * canaryWays.length,
  };
  const due = { true: 0, false: 0 };
  const share = (kind: 'true' | 'false') => (before[kind] + due[kind]) / needed[kind];
  for (let place = 0; place < places; place += 1) {
    const kinds = (['true', 'false'] as const).filter((kind) => due[kind] < atMost(kind));
    const [next] = kinds.toSorted((a, b) => share(a) - share(b));
    if (next !== undefined) due[next] += 1;
  }
  return due;
}
