export { advanceReplay } from './advance-replay.ts';
export { certifyRun } from './certify.ts';
export { endDeadJob } from './dead-letter.ts';
export { estimateRun } from './estimate.ts';
export { ingestRun } from './ingest.ts';
export { sweepRuns } from './sweep.ts';
export { tryRunOracle } from './try.ts';
