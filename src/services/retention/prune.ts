import { and, eq, gte, inArray, isNotNull, isNull, lt, lte, notExists, or, type SQL, sql } from 'drizzle-orm';
import { alias, type PgTable } from 'drizzle-orm/pg-core';
import { isTerminal, runStatuses } from '#contracts/run.ts';
import type { Database } from '#db/client.ts';
import { answerKeys } from '#db/schema/answer-keys.ts';
import { callSlots, callWaits } from '#db/schema/call-slots.ts';
import { groundTruthRecords, groundTruthSnapshots } from '#db/schema/ground-truths.ts';
import { housekeeping } from '#db/schema/housekeeping.ts';
import { logRegistrations } from '#db/schema/log.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { apiTokens, sessions, signInLinks, siweNonces } from '#db/schema/users.ts';
import type { ServiceContext } from '../ground/context.ts';
import { eachByItself } from '../ground/each-by-itself.ts';
import { foldSpend } from '../state/run-spend.ts';
import { deletionTime } from './deletion-time.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

/**
 * A key is retired 90 days after it was made. It may be opened with the certificates that rest on it until they
 * expire.
 */
const keyRetentionMs = 180 * dayMs;

/**
 * One statement deletes at most this many rows, and one table at most this many batches an hour: it is housekeeping.
 */
const rowsPerBatch = 1_000;
const mostBatches = 50;
/** A run has a few hundred replays at most; they go together. */
const mostRuns = 200;

/** Whether it is this worker's turn: one worker per database prunes, once an hour. */
const takeTurn = async ({ db }: Pick<ServiceContext, 'db'>, at: Date): Promise<boolean> => {
  const taken = await db
    .insert(housekeeping)
    .values({ task: 'prune', begunAt: at })
    .onConflictDoUpdate({
      target: housekeeping.task,
      set: { begunAt: at },
      setWhere: lt(housekeeping.begunAt, new Date(at.getTime() - hourMs)),
    })
    .returning({ task: housekeeping.task });
  return taken.length > 0;
};

const deleteWhere = async (db: Database, table: PgTable, where: SQL | undefined): Promise<number> => {
  let deleted = 0;
  for (let batch = 0; batch < mostBatches; batch += 1) {
    const rows = await db.execute(
      sql`delete from ${table} where ctid in (select ctid from ${table} where ${where} limit ${rowsPerBatch}) returning 1`,
    );
    deleted += rows.length;
    if (rows.length < rowsPerBatch) break;
  }
  return deleted;
};

/**
 * Deletes the replays of runs that ended before `before`, with their calls that waited for batches; of the judge's
 * calls the sum is kept. A run's draw is cleared too: nothing is left to resume, and a retry reads the repository
 * again. A run that another one resumed is kept as long as that one, because they have one account; one whose attempt
 * is open in the log, until its outcome is there.
 */
const pruneReplays = async (context: Pick<ServiceContext, 'db' | 'log'>, before: Date): Promise<number> => {
  const { db } = context;
  const resuming = alias(verificationRuns, 'resuming');
  const prunable = and(
    inArray(verificationRuns.status, runStatuses.filter(isTerminal)),
    lt(verificationRuns.updatedAt, before),
    isNotNull(verificationRuns.draw),
    notExists(
      db
        .select({ id: resuming.id })
        .from(resuming)
        .where(
          and(
            eq(resuming.continuesRunId, verificationRuns.id),
            eq(resuming.continuation, 'resume'),
            isNotNull(resuming.draw),
          ),
        ),
    ),
    notExists(
      db
        .select({ id: logRegistrations.id })
        .from(logRegistrations)
        .where(
          and(eq(logRegistrations.id, verificationRuns.registrationId), isNull(logRegistrations.closedAt)),
        ),
    ),
  );
  const runs = await db
    .select({ id: verificationRuns.id })
    .from(verificationRuns)
    .where(prunable)
    .limit(mostRuns);
  let deleted = 0;
  const pruneRun = async ({ id }: { id: string }) => {
    deleted += await db.transaction(async (transaction) => {
      // Locked before it is checked, as resuming and retrying do too. So an attempt has all of its replays or none,
      // and nobody can be about to resume it during the check.
      await transaction
        .select({ id: verificationRuns.id })
        .from(verificationRuns)
        .where(eq(verificationRuns.id, id))
        .for('update');
      const [run] = await transaction
        .update(verificationRuns)
        .set({ draw: null })
        .where(and(eq(verificationRuns.id, id), prunable))
        .returning({ id: verificationRuns.id });
      if (!run) return 0;
      await foldSpend(transaction, id);
      const replays = await transaction
        .delete(verificationReplays)
        .where(eq(verificationReplays.runId, id))
        .returning({ id: verificationReplays.id });
      return replays.length;
    });
  };
  await eachByItself(context, runs, { about: ({ id }) => ({ runId: id }), work: pruneRun });
  return deleted;
};

/**
 * Deletes records and snapshots that were last read before `before` and that no kept replay or standing answer key is
 * about.
 */
const pruneGroundTruths = async (db: Database, before: Date, keysBefore: Date): Promise<number> => {
  const ofReplay = db
    .select({ id: verificationReplays.id })
    .from(verificationReplays)
    .where(eq(verificationReplays.groundTruthDigest, groundTruthRecords.digest));
  const ofKey = db
    .select({ model: answerKeys.judgeModel })
    .from(answerKeys)
    .where(
      and(eq(answerKeys.groundTruthDigest, groundTruthRecords.digest), gte(answerKeys.createdAt, keysBefore)),
    );
  const ofRun = db
    .select({ id: verificationRuns.id })
    .from(verificationRuns)
    .where(
      and(eq(verificationRuns.snapshotDigest, groundTruthSnapshots.digest), isNotNull(verificationRuns.draw)),
    );
  return (
    (await deleteWhere(
      db,
      groundTruthRecords,
      and(lt(groundTruthRecords.createdAt, before), notExists(ofReplay), notExists(ofKey)),
    )) +
    (await deleteWhere(
      db,
      groundTruthSnapshots,
      and(lt(groundTruthSnapshots.createdAt, before), notExists(ofRun)),
    ))
  );
};

/** How long ended sessions, tokens and links stay, so that somebody who looks into an incident still finds them. */
const endedDays = 30;

/** By the database's clock, as they were made: a machine whose clock is wrong ends nobody's session. */
const pruneCredentials = async (db: Database) => {
  const longAgo = sql`now() - make_interval(days => ${endedDays})`;
  return {
    // A session that nobody uses has ended long before.
    sessions: await deleteWhere(
      db,
      sessions,
      or(lt(sessions.endedAt, longAgo), lt(sessions.expiresAt, longAgo), lt(sessions.lastUsedAt, longAgo)),
    ),
    apiTokens: await deleteWhere(
      db,
      apiTokens,
      or(lt(apiTokens.revokedAt, longAgo), lt(apiTokens.expiresAt, longAgo)),
    ),
    signInLinks: await deleteWhere(db, signInLinks, lt(signInLinks.expiresAt, longAgo)),
    nonces: await deleteWhere(db, siweNonces, lte(siweNonces.expiresAt, sql`now()`)),
  };
};

/**
 * Deletes what is past its retention, at most once an hour over all workers: the replays of runs that ended, ground
 * truth that no replay is about any more, retired answer keys, what limits counted, and ended sessions and tokens. The rows of runs stay for
 * good, as do certificates and their evidence, which have tables of their own.
 */
export const prune = async (
  context: Pick<ServiceContext, 'db' | 'policy' | 'log' | 'readClocks'>,
): Promise<void> => {
  const at = await deletionTime(context);
  if (at === null || !(await takeTurn(context, at))) return;
  const { db, policy, log } = context;
  const before = (ms: number) => new Date(at.getTime() - ms);
  const keysBefore = before(keyRetentionMs);
  const deleted = {
    replays: await pruneReplays(context, before(policy.retentionDays.replays * dayMs)),
    answerKeys: await deleteWhere(db, answerKeys, lt(answerKeys.createdAt, keysBefore)),
    groundTruths: await pruneGroundTruths(db, before(policy.retentionDays.snapshots * dayMs), keysBefore),
    // No call takes that long; rates look back a minute.
    callSlots: await deleteWhere(db, callSlots, lt(callSlots.takenAt, before(hourMs))),
    callWaits: await deleteWhere(db, callWaits, lt(callWaits.refusedAt, before(hourMs))),
    ...(await pruneCredentials(db)),
  };
  if (Object.values(deleted).some((rows) => rows > 0))
    log.info({ deleted }, 'Deleted what was past its retention');
};
