import { and, gt, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { apiTokens, sessions } from '#db/schema/users.ts';

// The database's clock decides, so that machines whose clocks differ agree.
export const fromNow = (seconds: number): SQL<Date> => sql`now() + make_interval(secs => ${seconds})`;

export const daySeconds = 24 * 60 * 60;

/** A session ends if it is not used for a week. */
export const idleSeconds = 7 * daySeconds;

/** `last_used_at` answers "is this still in use?". A minute is precise enough, and a write per request is too much. */
const lastUsedBefore = fromNow(-60);

/** Neither signed out, nor unused for too long, nor too old. */
export const sessionIsLive = and(
  isNull(sessions.endedAt),
  gt(sessions.expiresAt, fromNow(0)),
  gt(sessions.lastUsedAt, fromNow(-idleSeconds)),
);
export const sessionUseIsStale = lt(sessions.lastUsedAt, lastUsedBefore);

/** Neither revoked nor expired. */
export const tokenIsLive = and(
  isNull(apiTokens.revokedAt),
  or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, fromNow(0))),
);
export const tokenUseIsStale = or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, lastUsedBefore));
