export { advanceBatches } from './batch/advance.ts';
export { openStrangersCalls } from './strangers-calls.ts';
