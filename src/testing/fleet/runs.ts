import { isDeepStrictEqual } from 'node:util';
import { asc, eq, sql } from 'drizzle-orm';
import { isTerminal } from '#contracts/run.ts';
import type { RunRequest } from '#contracts/run-request.ts';
import { type Database, openDatabase } from '#db/client.ts';
import { openDatabaseClock } from '#db/clock.ts';
import { openRunChanges } from '#db/run-changes.ts';
import { callSlots } from '#db/schema/call-slots.ts';
import { verificationReplayScores } from '#db/schema/certificates.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import { createSecretBox } from '#platform/secret-box.ts';
import { noMetrics } from '#platform/telemetry/metrics.ts';
import { createTracing } from '#platform/telemetry/tracing.ts';
import { openSender } from '#queue/pg-boss.ts';
import { localOwner } from '#services/account/index.ts';
import type { Actor, ServiceContext } from '#services/ground/index.ts';
import { createRun } from '#services/run/index.ts';
import { spendOfRuns } from '#services/state/run-spend.ts';
import { openPolicy } from '../rigs/engine-rig.ts';
import { keptInMemory } from '../rigs/log-rig.ts';

/** The fleet's key for secrets, also in its workers' environment. */
export const secretsKey = 'ab'.repeat(32);

/** Accepts runs in this process, like a web process. Workers in other processes carry them out. */
export const openFrontDesk = async (databaseUrl: string) => {
  const { db, sql: client, close } = openDatabase(databaseUrl);
  const clock = openDatabaseClock(client);
  const queue = openSender(db);
  const runChanges = openRunChanges(databaseUrl);
  const silent = () => {};
  const context: ServiceContext = {
    db,
    sender: queue.sender,
    secretBox: createSecretBox(Buffer.from(secretsKey, 'hex')),
    policy: openPolicy,
    checkOracleUrl: async () => null,
    freeDiskBytes: async () => null,
    budgets: { spend: async () => null },
    runChanges,
    keptCheckpoint: keptInMemory(),
    metrics: noMetrics,
    tracing: createTracing(null),
    log: { error: silent, warn: silent, info: silent, debug: silent },
    now: clock.now,
    readClocks: clock.read,
  };
  return {
    db,
    context,
    owner: (): Promise<Actor> => localOwner(context),
    accept: async (actor: Actor, request: RunRequest) => (await createRun(context, actor, request)).runId,
    close: async () => {
      clock.close();
      await runChanges.close();
      await queue.close();
      await close();
    },
  };
};

/** The state of each run, in order of constructs. */
export const runStates = (db: Database) =>
  db
    .select({
      id: verificationRuns.id,
      construct: verificationRuns.constructId,
      status: verificationRuns.status,
      progress: verificationRuns.progress,
      total: verificationRuns.total,
      error: verificationRuns.error,
    })
    .from(verificationRuns)
    .orderBy(asc(verificationRuns.constructId));

/** When a run's changes were drawn and stored as replays, in milliseconds since the epoch. */
export const whenDrawn = async (db: Database, runId: string): Promise<number> => {
  const [drawn] = await db
    .select({ at: verificationReplays.createdAt })
    .from(verificationReplays)
    .where(eq(verificationReplays.runId, runId))
    .limit(1);
  if (drawn === undefined) throw new Error('The run has no replays yet.');
  return drawn.at.getTime();
};

/** What the judge has cost for each construct's run, in US dollars. */
export const costsOfRuns = async (db: Database): Promise<Map<string, number>> => {
  const runs = await runStates(db);
  const spend = await spendOfRuns(
    { db },
    runs.map(({ id }) => id),
  );
  return new Map(runs.map(({ id, construct }) => [construct, spend.get(id)?.costUsd ?? 0]));
};

export const haveEnded = (runs: Awaited<ReturnType<typeof runStates>>) =>
  runs.every(({ status }) => isTerminal(status));

/**
 * What each construct's certificates say, without ids, times, costs, and what depends on the pool of other runs'
 * canaries, because that depends on the order in which runs end.
 */
export const certifiedNumbers = async (db: Database): Promise<Map<string, unknown[]>> => {
  const certificates = await db.query.verificationCertificates.findMany({
    columns: { id: false, runId: false, createdAt: false, canariesShown: false, canariesLeaked: false },
    with: {
      replayScores: {
        columns: { id: false, certificateId: false, scoringLatencyMs: false, scoredAt: false },
        orderBy: asc(verificationReplayScores.groundTruthId),
      },
    },
  });
  const numbers = new Map<string, unknown[]>();
  for (const { rawScores, replayScores: scores, ...certificate } of certificates) {
    const {
      usage: _usage,
      usageByMeasure: _byMeasure,
      unanswered: _unanswered,
      trust,
      counts,
      ...rest
    } = rawScores;
    // Calls that were cut off are repeated and counted here, and which canaries a replay shows depends on the order in
    // which replays are judged. Everything else must be equal.
    const raw = {
      ...rest,
      counts: { ...counts, oracleAskedAgain: 0 },
      replays: rest.replays.map(({ evidence, ...replay }) => ({
        ...replay,
        evidence: evidence && { ...evidence, canaries: [] },
      })),
    };
    const content = {
      ...certificate,
      raw,
      baseline: trust.baseline,
      bounds: trust.bounds,
      scores,
    };
    const { constructId } = certificate;
    numbers.set(constructId, [...(numbers.get(constructId) ?? []), content]);
  }
  return numbers;
};

/** Where two values differ first. */
export const firstDifference = (expected: unknown, found: unknown, path = ''): string | null => {
  if (isDeepStrictEqual(expected, found)) return null;
  if (typeof expected !== 'object' || typeof found !== 'object' || expected === null || found === null)
    return `${path} is ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`;
  const [before, after] = [new Map(Object.entries(expected)), new Map(Object.entries(found))];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const differs = firstDifference(before.get(key), after.get(key), `${path}/${key}`);
    if (differs !== null) return differs;
  }
  return path;
};

/** What must be zero once every run has ended: jobs, call slots in use, sealed secrets. */
export const remains = async (db: Database) => {
  const [jobs] = await db.execute<{ waiting: number; dead: number }>(
    sql`select (count(*) filter (where state in ('created', 'retry', 'active')))::int as waiting,
        (count(*) filter (where name like '%.dead' or state = 'failed'))::int as dead from pgboss.job`,
  );
  return {
    jobs: jobs?.waiting ?? 0,
    deadLetters: jobs?.dead ?? 0,
    slots: await db.$count(
      callSlots,
      sql`${callSlots.releasedAt} is null and ${callSlots.expiresAt} > now()`,
    ),
    secrets: await db.$count(runSecrets),
    openReplays: await db.$count(verificationReplays, eq(verificationReplays.state, 'open')),
  };
};

/** The most tries that ended in an error for one replay, or for one run's ingestion and certification. */
export const mostFaults = async (db: Database): Promise<number> => {
  const [row] = await db.execute<{ most: number }>(
    sql`select greatest((select coalesce(max(faults), 0) from verification_replays),
        (select coalesce(max(faults), 0) from verification_runs))::int as most`,
  );
  return row?.most ?? 0;
};
