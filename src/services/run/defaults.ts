import type { Weights } from '#contracts/certificate.ts';

/** Apart from the verbs that use them, so that the command line has them without loading a database. */

/** Equal weights: the only ones that rankings compare. */
export const defaultWeights: Weights = { precision: 1, recall: 1, replyAccuracy: 1 };

/** Changes that stand by for those no answer key can be made for: each costs a read at the source, so not too many. */
export const reserveFor = (limit: number) => Math.min(100, 5 + Math.ceil(limit / 4));
