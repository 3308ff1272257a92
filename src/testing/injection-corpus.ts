import type { Attack } from './injection-corpus/attack.ts';
import { delimiters } from './injection-corpus/delimiters.ts';
import { disguises } from './injection-corpus/disguises.ts';
import { orders } from './injection-corpus/orders.ts';
import { padding } from './injection-corpus/padding.ts';
import { verdicts } from './injection-corpus/verdicts.ts';

export { type Attack, guessedNonce, type Place } from './injection-corpus/attack.ts';
export { paddings } from './injection-corpus/padding.ts';

/**
 * Hostile words of our own writing against a judge: what an author of a pull request or an oracle under test might
 * try so that wrong claims count. Each stands in each of its places in the tests (judges/injection-*.test.ts).
 */
const attacks: Attack[] = [...orders, ...delimiters, ...disguises, ...verdicts, ...padding];

/** For `test.each`. */
export const namedAttacks = attacks.map((attack) => [attack.name, attack] as const);
