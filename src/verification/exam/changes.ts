import { type GroundTruth, groundTruthSchema } from '#contracts/ground-truth.ts';
import changes from './changes.json' with { type: 'json' };

/** Changes from this repository's history: one to four files of a large commit each. */
export const examChanges = (): GroundTruth[] => groundTruthSchema.array().parse(changes);
