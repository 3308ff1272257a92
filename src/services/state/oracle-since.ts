import { gaveHttpAnswer, oracleWasReached } from '#verification/replay/resumable.ts';
import { checkpointOf, type ReplayRow } from './checkpoint.ts';

/** The replays of a run that asked the oracle themselves: what a resumed run brought along was asked before it. */
export const askedSince = (rows: ReplayRow[]): ReplayRow[] =>
  rows.filter(({ oracle, oracleCarried }) => oracle !== null && !oracleCarried);

/**
 * Whether the oracle was there in this run itself, so that what failed in it is the oracle's own. One change alone that
 * was turned away is: a firewall may dislike it. Several, and nothing else, are a wrong header or address.
 */
export const wasThereSince = (rows: ReplayRow[]): boolean => {
  const asked = askedSince(rows).map(checkpointOf);
  return asked.some(oracleWasReached) || (asked.length < 2 && asked.every(gaveHttpAnswer));
};
