export { cancelRun } from './cancel.ts';
export { continueRun } from './continue.ts';
export { createRun } from './create.ts';
export { createSampleRun } from './create-sample.ts';
export { followRun } from './follow.ts';
export { getRun } from './get.ts';
export type { RunCreated } from './insert.ts';
export { listRuns } from './list.ts';
export { type RunOptions, runOptions, runOptionsSchema } from './options.ts';
