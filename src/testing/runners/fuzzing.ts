import fc from 'fast-check';

/** `npm run test:long` sets this, to try each property on that many times the examples of `npm test`. */
const times = Number(process.env.FUZZ_TIMES || 1);

/** Whether a test that chooses from many inputs should try all of them. */
export const isLongRun = times > 1;

/** fast-check's default number of examples. */
const usual = 100;
fc.configureGlobal({ numRuns: usual * times });

/** For a property that needs more or fewer examples than the default. */
export const examples = (count: number): { numRuns: number } => ({ numRuns: count * times });

/** All items in `npm run test:long`, otherwise one of them: the caller counts the turns, so that each has some. */
export const byTurns = <T>(items: readonly T[], turn: number): T[] =>
  items.filter((_, at) => isLongRun || at === turn % items.length);

export { fc };
