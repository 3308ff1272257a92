import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { startCpuTime } from '#testing/rigs/cpu-time.ts';
import { type Argument, alternativesOf, argumentsOf, hasList, type Result, textsIn } from './argument.ts';
import type { Discovered } from './discover.ts';
import { filled, type HostileText, hostileTexts } from './hostile-text.ts';
import type { NearMatch } from './near-matches.ts';
import { type Filling, makeValue, pieceLength } from './values.ts';

/** A function to try, and texts that regular expressions of its module nearly match. */
export type Trial = Discovered & { nearMatches: NearMatch[] };

export type Finding = { file: string; name: string; text: string; problem: string };

/** `all`: with every text and every alternative; otherwise with the texts that have bitten most. */
export type Work = { trials: Trial[]; from: number; all: boolean };

/** What the thread says before each call, so that a call that does not end has a name. */
export type Calling = { place: number; text: string };

/** What all texts of a call have together. */
const wholeLength = 100_000;
/** Shorter texts show nothing, however many of them a function takes. */
const leastLength = 2_000;
/** Fewer items do not show what compares each with every other. */
const leastPieces = 500;

/** Below this, what else the thread does (collecting garbage, compiling) hides how time grows. */
const measurableMs = 25;
/**
 * Linear code takes twice as long for twice the text, quadratic code 4 times. Both steps between three lengths must show it,
 * because code may do more from some length on.
 */
const mostGrowth = 2.8;
/** Eightfold would be linear; this is worth more measurements. */
const suspectGrowth = 14;
const measurements = 6;

/**
 * A text that takes this for an eighth of its length is not tried at the whole length unless it is among the slowest. A
 * text with quadratic time is among the slowest.
 */
const slowMs = 1.5;
const slowestTexts = 3;
const mostAlternatives = 4;
/** For a promise. Everything that it could wait for is made, and there at once. */
const mostWaitMs = 10_000;

/** One way to call a function: its text, and what else decides its arguments. */
type Way = HostileText & { with: Omit<Filling, 'text'> };

const near = ({ before, unit }: NearMatch): HostileText => ({
  name: `${JSON.stringify(unit)} repeated after ${JSON.stringify(before)}`,
  // The last character fits no pattern, so what matched up to there has to be given up.
  of: (length) => `${before}${filled(unit)(Math.max(0, length - before.length - 1))}\0`,
  differs: false,
});

/** In the quick form texts take turns with the alternatives, and a list is cut only from texts whose pieces differ. */
const waysOf = (trial: Trial, all: boolean): Way[] => {
  const given = argumentsOf(trial);
  const count = Math.min(mostAlternatives, Math.max(1, ...given.map(alternativesOf)));
  const alternatives = Array.from({ length: count }, (_, alternative) => alternative);
  const whole = (text: HostileText, chosen: number[]): Way[] =>
    chosen.map((alternative) => ({ ...text, with: { alternative, pieces: false } }));
  const inPieces = given.some(hasList) ? hostileTexts(all).filter(({ differs }) => all || differs) : [];
  return [
    ...[...trial.nearMatches.map(near), ...hostileTexts(all)].flatMap((text, at) =>
      whole(text, all ? alternatives : [at % count]),
    ),
    ...inPieces.map((text, at) => ({
      ...text,
      name: `${text.name}, in pieces`,
      with: { alternative: at % count, pieces: true },
    })),
  ];
};

const isMistakeInCall = (error: unknown): boolean =>
  error instanceof TypeError &&
  /is not a function|Cannot (?:read|set|destructure)|is not iterable/.test(error.message);

class NeverSettled extends Error {}

const settled = async (value: unknown): Promise<unknown> => {
  if (!(value instanceof Promise)) return value;
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NeverSettled()), mostWaitMs);
  try {
    return await Promise.race([value, promise]);
  } finally {
    clearTimeout(timer);
  }
};

const isIterator = (value: unknown): value is IterableIterator<unknown> =>
  typeof value === 'object' && value !== null && 'next' in value && Symbol.iterator in value;

/** Calls everything that the value offers, as deep as its type says. */
const exhaust = async (
  value: unknown,
  result: Result,
  call: (of: unknown, parameters: Argument[]) => unknown,
): Promise<void> => {
  const given = await settled(value);
  if (isIterator(given)) for (const _ of given);
  if (result.kind === 'callable' && typeof given === 'function')
    await exhaust(call(given, result.parameters), result.result, call);
  if (result.kind === 'methods' && typeof given === 'object' && given !== null)
    for (const [name, of] of result.of) {
      const member: unknown = Reflect.get(given, name);
      await exhaust(typeof member === 'function' ? member.bind(given) : member, of, call);
    }
};

/** Calls once. Returns the milliseconds of processor time that it took, without those for making its arguments. */
const callOnce = async (
  target: unknown,
  { parameters, result }: Trial,
  filling: Filling,
): Promise<{ ms: number; error: unknown }> => {
  let error: unknown;
  const make = (wanted: Argument[]) => wanted.map((one) => makeValue(one, filling));
  const call = (of: unknown, wanted: Argument[]) =>
    typeof of === 'function' ? Reflect.apply(of, undefined, make(wanted)) : undefined;
  const given = make(parameters);
  const usedMs = startCpuTime();
  try {
    await exhaust(
      typeof target === 'function' ? Reflect.apply(target, undefined, given) : target,
      result,
      call,
    );
  } catch (thrown) {
    error = thrown;
  }
  return { ms: usedMs(), error };
};

type Measure = (length: number) => Promise<number>;

/**
 * Says how the time grows with the text, or null if it grows as it should. The growth must show at three lengths, and
 * the best of several measurements counts, so what disturbs some of them is no finding.
 */
const growthOf = async (length: number, measure: Measure): Promise<string | null> => {
  let whole = await measure(length);
  let half = Number.POSITIVE_INFINITY;
  let quarter = Number.POSITIVE_INFINITY;
  for (let done = 0; done < measurements; done++) {
    half = Math.min(half, await measure(length / 2));
    quarter = Math.min(quarter, await measure(length / 4));
    if (whole < measurableMs || whole < mostGrowth * half || half < mostGrowth * quarter) return null;
    whole = Math.min(whole, await measure(length));
  }
  return `takes ${Math.round(half)} ms for ${length / 2000} KB and ${Math.round(whole)} ms for ${length / 1000} KB`;
};

const targetOf = async ({ file, name, kind }: Trial): Promise<unknown> => {
  const module: Record<string, unknown> = await import(join(import.meta.dirname, '../..', file));
  const exported = module[name];
  const schema = exported as { safeParse: (value: unknown) => unknown };
  return kind === 'schema' ? (value: unknown) => schema.safeParse(value) : exported;
};

/** Reports the first problem that it finds. */
const tryOne = async (
  trial: Trial,
  all: boolean,
  calling: (text: string) => void,
  found: (text: string, problem: string) => void,
): Promise<void> => {
  const target = await targetOf(trial);
  calling('a');
  const plain = await callOnce(target, trial, { text: 'a', alternative: 0, pieces: false });
  if (isMistakeInCall(plain.error))
    return found('a', `cannot be called with what its types say: ${plain.error}`);
  if (plain.error instanceof NeverSettled) return found('a', 'returns a promise that does not settle');

  const texts = argumentsOf(trial).reduce((sum, one) => sum + textsIn(one), 0);
  const slow: { ms: number; pieces: boolean; name: string; length: number; measure: Measure }[] = [];
  for (const { name, of, with: rest } of waysOf(trial, all)) {
    const least = rest.pieces ? leastPieces * pieceLength : leastLength;
    const length = Math.max(least, Math.floor(wholeLength / texts));
    const measure: Measure = async (at) => {
      calling(name);
      return (await callOnce(target, trial, { text: of(Math.floor(at)), ...rest })).ms;
    };
    const ms = await measure(length / 8);
    if (ms >= slowMs) slow.push({ ms, pieces: rest.pieces, name, length, measure });
    else if ((await measure(length)) >= Math.max(measurableMs, suspectGrowth * ms)) {
      const problem = await growthOf(length, measure);
      if (problem !== null) return found(name, problem);
    }
  }
  slow.sort((one, other) => other.ms - one.ms);
  const slowest = [true, false].flatMap((is) =>
    slow.filter(({ pieces }) => pieces === is).slice(0, slowestTexts),
  );
  for (const one of slowest) {
    const { ms, name, length, measure } = one;
    // What is quadratic can still be measured in seconds on a quarter, if that is long enough to measure at all.
    const problem =
      (ms * 2 >= measurableMs ? await growthOf(length / 4, measure) : null) ??
      (ms * 2 < measurableMs || one === slow[0] ? await growthOf(length, measure) : null);
    if (problem !== null) return found(name, problem);
  }
};

if (parentPort !== null) {
  const port = parentPort;
  const { trials, from, all }: Work = workerData;
  // Next's own loader finds its modules without their extension.
  registerHooks({
    resolve: (specifier, context, next) =>
      next(/^next\/[a-z]+$/.test(specifier) ? `${specifier}.js` : specifier, context),
  });
  // A function may leave a promise behind that its made arguments reject.
  process.on('unhandledRejection', () => {});
  for (const [place, trial] of trials.entries()) {
    if (place < from) continue;
    const { file, name } = trial;
    await tryOne(
      trial,
      all,
      (text) => port.postMessage({ place, text } satisfies Calling),
      (text, problem) => port.postMessage({ file, name, text, problem } satisfies Finding),
    );
  }
  port.postMessage('end');
}
