export { erasePrivateGroundTruths } from './erase-private.ts';
export { prune } from './prune.ts';
