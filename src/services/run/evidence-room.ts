import { eq, inArray, sql } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Standing } from '#contracts/standing.ts';
import type { Executor } from '#db/client.ts';
import { evidenceDays } from '#db/schema/evidence-days.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { mostEvidenceBytes } from '#verification/certificate/run-evidence.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { openStatuses } from '../state/transitions.ts';

/**
 * Certificates and their evidence are kept for good, so what a stranger's run may leave is bounded before it begins. A run
 * under way counts at the most that its replays can leave, a certified one at what it left. So a run that was admitted
 * can always be certified, and no number of accounts gets beyond the bounds.
 */
type RoomContext = Pick<ServiceContext, 'policy' | 'now' | 'freeDiskBytes'>;

/** Who would begin a run of how many replays. */
type Asked = { standing: Standing; replays: number };

/** What one stranger may leave on a day, so that one of them cannot shut out the others. */
const shareOfAccount = 1 / 4;

/** Left free for all else: what is read of repositories, replays that are kept for a while, and Postgres itself. */
const leastFreeBytes = 512 * 1024 * 1024;

const megabyte = 1024 * 1024;
const inMegabytes = (bytes: number): string => `${Math.ceil(bytes / megabyte)} MB`;

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** How many replays the runs under way have: all, strangers', and this user's. */
const replaysUnderWay = async (executor: Executor, { userId }: Actor) => {
  const replays = sql`(${verificationRuns.config} ->> 'limit')::int`;
  const [row] = await executor
    .select({
      all: sql<number>`coalesce(sum(${replays}), 0)::int`,
      strangers: sql<number>`coalesce(sum(${replays}) filter (where ${verificationRuns.config} ->> 'standing' = 'stranger'), 0)::int`,
      own: sql<number>`coalesce(sum(${replays}) filter (where ${eq(verificationRuns.userId, userId)}), 0)::int`,
    })
    .from(verificationRuns)
    .where(inArray(verificationRuns.status, openStatuses));
  return row ?? { all: 0, strangers: 0, own: 0 };
};

/** How many bytes strangers' runs have left: ever, today, and this user's today. */
const bytesLeft = async (executor: Executor, { userId }: Actor, now: Date) => {
  const isToday = eq(evidenceDays.day, dayOf(now));
  const [row] = await executor
    .select({
      ever: sql<number>`coalesce(sum(${evidenceDays.bytes}), 0)::float8`,
      today: sql<number>`coalesce(sum(${evidenceDays.bytes}) filter (where ${isToday}), 0)::float8`,
      own: sql<number>`coalesce(sum(${evidenceDays.bytes}) filter (where ${isToday} and ${eq(evidenceDays.userId, userId)}), 0)::float8`,
    })
    .from(evidenceDays);
  return row ?? { ever: 0, today: 0, own: 0 };
};

/** Why there is no room for the evidence of such a run, as the error to throw; null if there is. */
export const whyNoRoom = async (
  executor: Executor,
  { policy, now, freeDiskBytes }: RoomContext,
  actor: Actor,
  { standing, replays }: Asked,
): Promise<AppError | null> => {
  const underWay = await replaysUnderWay(executor, actor);
  const asked = replays * mostEvidenceBytes;
  const free = await freeDiskBytes();
  const spokenFor = underWay.all * mostEvidenceBytes;
  if (free !== null && free < leastFreeBytes + spokenFor + asked)
    return new AppError(
      'SERVICE_UNAVAILABLE',
      `The installation’s disk is nearly full: ${Math.floor(free / megabyte)} MB are free. ${inMegabytes(leastFreeBytes)} of them are kept free, the evidence of the runs under way may take ${inMegabytes(spokenFor)}, and that of this run ${inMegabytes(asked)}. Ask for fewer replays, or try again when other runs have ended. Its operator can free some space.`,
    );
  if (standing !== 'stranger') return null;

  const { perDay, ever } = policy.limits.strangersEvidence;
  const left = await bytesLeft(executor, actor, now());
  const isOver = (bound: number, bytes: number, open: number): boolean =>
    bytes + open * mostEvidenceBytes + asked > bound;
  if (isOver(ever, left.ever, underWay.strangers))
    return new AppError(
      'SERVICE_UNAVAILABLE',
      `The evidence of certificates is kept for good, and that of all strangers’ runs may take ${inMegabytes(ever)} on this installation. It takes ${inMegabytes(left.ever)}, runs under way may add ${inMegabytes(underWay.strangers * mostEvidenceBytes)}, and this run ${inMegabytes(asked)}. Ask for fewer replays, or ask the operator to raise MAX_STRANGERS_EVIDENCE_MB or to list your account.`,
    );
  if (isOver(perDay, left.today, underWay.strangers))
    return new AppError(
      'SERVICE_UNAVAILABLE',
      `The evidence of all strangers’ runs of a day may take ${inMegabytes(perDay)} on this installation (MAX_STRANGERS_EVIDENCE_MB_PER_DAY). Today’s takes ${inMegabytes(left.today)}, runs under way may add ${inMegabytes(underWay.strangers * mostEvidenceBytes)}, and this run ${inMegabytes(asked)}. Ask for fewer replays, or try again when other runs have ended, or after 00:00 UTC.`,
    );
  const share = perDay * shareOfAccount;
  if (isOver(share, left.own, underWay.own))
    return new AppError(
      'TOO_MANY_REQUESTS',
      `The evidence of one user’s runs of a day may take ${inMegabytes(share)}, a quarter of MAX_STRANGERS_EVIDENCE_MB_PER_DAY. Yours takes ${inMegabytes(left.own)}, your runs under way may add ${inMegabytes(underWay.own * mostEvidenceBytes)}, and this run ${inMegabytes(asked)}. Ask for fewer replays, or try again when your other runs have ended, or after 00:00 UTC.`,
    );
  return null;
};

/**
 * Holds the room for the run that this transaction inserts. Strangers' runs are inserted one at a time from here on: two
 * requests that count at once would both find the last room free. Nobody else waits for them.
 * @throws AppError SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS
 */
export const holdRoom = async (
  transaction: Executor,
  context: RoomContext,
  actor: Actor,
  asked: Asked,
): Promise<void> => {
  if (asked.standing === 'stranger')
    await transaction.execute(sql`select pg_advisory_xact_lock(hashtext('room for evidence'))`);
  const refusal = await whyNoRoom(transaction, context, actor, asked);
  if (refusal !== null) throw refusal;
};

/** Counts what a stranger's run left, within the transaction that issues its certificate. */
export const countEvidence = async (
  transaction: Executor,
  { userId, config }: Pick<typeof verificationRuns.$inferSelect, 'userId' | 'config'>,
  { bytes, at }: { bytes: number; at: Date },
): Promise<void> => {
  if (config.standing !== 'stranger') return;
  await transaction
    .insert(evidenceDays)
    .values({ day: dayOf(at), userId, bytes })
    .onConflictDoUpdate({
      target: [evidenceDays.userId, evidenceDays.day],
      set: { bytes: sql`${evidenceDays.bytes} + excluded.bytes` },
    });
};
