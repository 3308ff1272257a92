export * from './call-slots.ts';
export * from './certificates.ts';
export * from './ground-truths.ts';
export * from './housekeeping.ts';
export * from './judge-batches.ts';
export * from './replays.ts';
export * from './runs.ts';
export * from './users.ts';
