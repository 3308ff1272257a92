import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { RunConfig } from '#contracts/run.ts';
import { runRequestSchema } from '#contracts/run-request.ts';
import type { Executor } from '#db/client.ts';
import { logCheckpoints, logEntries, logRegistrations } from '#db/schema/log.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { canonicalDigest, canonicalJson } from '#verification/certificate/canonical.ts';
import { shownOracle, targetDigest } from '#verification/certificate/target.ts';
import { drawSeed } from '#verification/sources/draw.ts';
import type { WorkerContext } from '../ground/context.ts';
import { appendEntries, type NewLogEntry } from './append.ts';
import { publishCheckpoint } from './publish.ts';
import { headOf, rootAtSize } from './tree.ts';

export type RegisterContext = Pick<WorkerContext, 'db' | 'sequencer' | 'issuer' | 'keptCheckpoint' | 'now'>;

/** Names that people cannot tell apart by their letters' forms are one name. */
const constructDigest = (constructId: string): string => canonicalDigest(constructId.normalize('NFKC'));

/** The registrations under a name that somebody looks for: none under what no construct can be called. */
export const registeredAs = (name: string): SQL =>
  runRequestSchema.shape.constructId.safeParse(name).data === name
    ? eq(logRegistrations.construct, constructDigest(name))
    : sql`false`;

/**
 * What the owner chose, with the salt that hides it until it is opened. Never headers, nor the target's path, which may
 * hold secrets.
 */
const openingOf = (
  id: string,
  salt: string,
  { constructId, repoUrl, config }: { constructId: string; repoUrl: string; config: RunConfig },
): string =>
  canonicalJson({
    format: 'echelon-registration/v1',
    registration: id,
    salt,
    construct: constructId,
    repository: repoUrl,
    since: config.since,
    label: config.label,
    seed: config.seedSource === 'owner' ? config.seed : null,
    blinded: config.blinded,
    oracle_type: config.oracle.type,
    oracle: shownOracle(config.oracle),
    judge: config.judge,
    agreement: config.agreement,
    economy: config.economy,
    limit: config.limit,
    min_replays: config.minReplays,
    baseline_replays: config.baselineReplays,
    model_cutoff: config.modelCutoff,
    weights: config.weights,
  });

const digestOf = (opening: string): string => createHash('sha256').update(opening).digest('hex');

export type Registration = {
  id: string;
  /** The entry's index. */
  index: number;
  /** The draw's seed, where the owner chose none: it follows from the tree and the salt. */
  seed: string;
};

/**
 * Registers a run's attempt at certification in the log, and resolves once a signed checkpoint holds it. A run that is
 * registered already, such as one that resumes another, stays as it is. Null: the run has ended.
 * @param listed how many changes its filters leave; null where the sample was drawn before, as for a retry.
 * @throws LogStopped
 */
export const registerRun = async (
  context: RegisterContext,
  runId: string,
  listed: number | null,
): Promise<Registration | null> => {
  const registered = await context.db.transaction(async (transaction) => {
    const [run] = await transaction
      .select()
      .from(verificationRuns)
      .where(eq(verificationRuns.id, runId))
      .for('update');
    if (run === undefined || run.status === 'FAILED' || run.status === 'COMPLETED') return null;
    if (run.registrationId !== null) {
      const [row] = await transaction
        .select()
        .from(logRegistrations)
        .where(eq(logRegistrations.id, run.registrationId));
      if (row === undefined) throw new Error('A registration is missing.');
      return { id: row.id, index: row.logIndex, salt: row.salt };
    }
    const id = randomUUID();
    const target = targetDigest(run.config.oracle);
    const salt = randomBytes(32).toString('hex');
    const opening = openingOf(id, salt, run);
    const [index] = await appendEntries(transaction, context, [
      {
        kind: 'registration',
        subject: id,
        account: run.userId,
        n: run.config.limit,
        listed: listed ?? run.draw?.listed ?? 0,
        construct: constructDigest(run.constructId),
        target,
        commitment: digestOf(opening),
      },
    ]);
    if (index === undefined) throw new Error('Appending an entry gave no index.');
    await transaction.insert(logRegistrations).values({
      id,
      userId: run.userId,
      logIndex: index,
      salt,
      opening,
      target,
      construct: constructDigest(run.constructId),
      registeredAt: context.now(),
    });
    await transaction
      .update(verificationRuns)
      .set({ registrationId: id })
      .where(eq(verificationRuns.id, runId));
    return { id, index, salt };
  });
  if (registered === null) return null;
  const { id, index, salt } = registered;
  const served = await publishCheckpoint(context);
  if (served <= index) throw new Error('The signed checkpoint does not hold the registration.');
  const treeHash = await rootAtSize(context.db, index + 1);
  return { id, index, seed: drawSeed(treeHash, Buffer.from(salt, 'hex')) };
};

/**
 * As `registerRun`, for a run whose sample was drawn before: nothing happens where a signed checkpoint holds its
 * registration, as one does for all runs but retried ones.
 */
export const requireRegistered = async (context: RegisterContext, runId: string): Promise<void> => {
  const [registered] = await context.db
    .select({ index: logRegistrations.logIndex })
    .from(verificationRuns)
    .innerJoin(logRegistrations, eq(logRegistrations.id, verificationRuns.registrationId))
    .where(
      sql`${verificationRuns.id} = ${runId} and ${logRegistrations.logIndex} < (select max(${logCheckpoints.size}) from ${logCheckpoints})`,
    );
  if (registered === undefined) await registerRun(context, runId, null);
};

export type AttemptEnd = Omit<Extract<NewLogEntry, { kind: 'outcome' }>, 'kind' | 'subject' | 'opening'>;

/**
 * Appends how an attempt ended, with the certificate that it ended with, as the last step of the caller's transaction.
 * From then on it cannot be resumed.
 */
export const closeAttempt = async (
  transaction: Executor,
  context: RegisterContext,
  registrationId: string,
  end: AttemptEnd,
  certificate: { id: string; document: string } | null = null,
): Promise<void> => {
  const [closed] = await transaction
    .update(logRegistrations)
    .set({
      closedAt: context.now(),
      outcome: end.outcome,
      mean: end.mean,
      certificateId: certificate?.id ?? null,
    })
    .where(and(eq(logRegistrations.id, registrationId), isNull(logRegistrations.closedAt)))
    .returning({ opening: logRegistrations.opening });
  if (closed === undefined) throw new Error('The attempt was closed before.');
  await appendEntries(transaction, context, [
    ...(certificate === null
      ? []
      : [
          {
            kind: 'certificate' as const,
            subject: certificate.id,
            registration: registrationId,
            document: certificate.document,
          },
        ]),
    { kind: 'outcome', subject: registrationId, ...end, opening: digestOf(closed.opening) },
  ]);
};

/** What a certificate says of its registration: `digest` is SHA-256 of the entry's bytes. */
export const registrationEntry = async (
  executor: Executor,
  registrationId: string,
): Promise<{ log: string; id: string; index: number; digest: string }> => {
  const [entry] = await executor
    .select({ index: logEntries.index, data: logEntries.data })
    .from(logRegistrations)
    .innerJoin(logEntries, eq(logEntries.index, logRegistrations.logIndex))
    .where(eq(logRegistrations.id, registrationId));
  const head = await headOf(executor);
  if (entry === undefined || head === null) throw new Error('A registration is missing.');
  const digest = createHash('sha256').update(entry.data).digest('hex');
  return { log: head.origin, id: registrationId, index: entry.index, digest };
};
