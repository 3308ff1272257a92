import { byTurns } from '../runners/fuzzing.ts';
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

/** For `test.each`. Each attack at every place in `npm run test:long`, otherwise at one, by turns. */
export const namedAttacks = attacks.map(
  ({ places, ...attack }, at) => [attack.name, { ...attack, places: byTurns(places, at) }] as const,
);
