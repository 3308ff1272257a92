import type { Attack } from './attack.ts';
import { delimiters } from './delimiters.ts';
import { disguises } from './disguises.ts';
import { orders } from './orders.ts';
import { padding } from './padding.ts';
import { verdicts } from './verdicts.ts';

export { type Attack, guessedNonce, type Place } from './attack.ts';
export { paddings } from './padding.ts';

/**
 * Hostile texts against a judge, written for this project: what an author of a pull request or an oracle under test
 * might try so that wrong claims count. The tests put each text into each of its places.
 */
const attacks: Attack[] = [...orders, ...delimiters, ...disguises, ...verdicts, ...padding];

/** For `test.each`. */
export const namedAttacks = attacks.map((attack) => [attack.name, attack] as const);
