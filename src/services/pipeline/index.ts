export { advanceReplay } from './advance-replay.ts';
export { answerInquiry } from './answer-inquiry.ts';
export { certifyRun } from './certify.ts';
export { closeAttempts } from './close-attempts.ts';
export { endDeadJob } from './dead-letter.ts';
export { ingestRun } from './ingest.ts';
export { sweepRuns } from './sweep.ts';
