import fc from 'fast-check';

/** How many times as many examples as in `npm test` each property is tried on: `npm run test:long` says so. */
const times = Number(process.env.FUZZ_TIMES || 1);

/** fast-check's own number of examples. */
const usual = 100;
fc.configureGlobal({ numRuns: usual * times });

/** For a property that is tried on more or fewer examples than the others. */
export const examples = (count: number): { numRuns: number } => ({ numRuns: count * times });

export { fc };
