export { advanceBatches } from './batch/advance.ts';
