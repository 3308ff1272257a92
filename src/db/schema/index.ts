export * from './certificates.ts';
export * from './ground-truths.ts';
export * from './replays.ts';
export * from './runs.ts';
export * from './users.ts';
