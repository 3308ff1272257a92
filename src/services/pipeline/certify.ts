import { and, asc, eq, sql } from 'drizzle-orm';
import { chunksOf } from '#db/chunks.ts';
import type { Executor } from '#db/client.ts';
import { verificationCertificates, verificationReplayScores } from '#db/schema/certificates.ts';
import { groundTruthRecords } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import {
  buildCertificate,
  type CertificateContent,
  type CertificateInput,
  Uncertifiable,
} from '#verification/certificate/build.ts';
import { absenceOf, absenceText } from '#verification/replay/oracle-presence.ts';
import { earlierCanaries } from '../certificate/earlier-canaries.ts';
import { signDocument } from '../certificate/sign-document.ts';
import { holdsEvidence, type StoredEvidence, storeEvidence } from '../certificate/store-evidence.ts';
import type { WorkerContext } from '../ground/context.ts';
import { examOf } from '../judge/exams.ts';
import { publishCheckpoint } from '../log/publish.ts';
import { closeAttempt } from '../log/register.ts';
import { countEvidence } from '../run/evidence-room.ts';
import { askedOf, checkpointOf, replaysInChunks, wordlessSteps } from '../state/checkpoint.ts';
import { holdToOneVersion, judgedByTwoVersions } from '../state/prompt-version.ts';
import { unansweredCalls } from '../state/spending.ts';
import { completeRun, failRun, noteRunFault } from '../state/transitions.ts';
import { endDeadJob } from './dead-letter.ts';
import { PassingFault, tryJob } from './job-try.ts';

/** What to do once the cause of an oracle's absence is corrected. */
export const resumeWhenThere = 'Then resume the run: what was done so far is kept.';

/** A row has about twelve parameters. */
const rowsPerInsert = 500;

/**
 * Writes certificate, replay scores and the log's entries: all once, or nothing.
 * @returns the certificate's id; null if the run has ended; `stale` if its evidence has to be written again.
 */
const issue = (
  context: WorkerContext,
  run: typeof verificationRuns.$inferSelect,
  evidence: StoredEvidence,
  { replayScores, ...content }: CertificateContent,
  endedAt: ReadonlyMap<string, Date>,
): Promise<{ certificateId: string } | 'stale' | null> =>
  context.db.transaction(async (transaction) => {
    const [locked] = await transaction
      .select({ status: verificationRuns.status })
      .from(verificationRuns)
      .where(eq(verificationRuns.id, run.id))
      .for('update');
    if (locked?.status !== 'CERTIFYING') return null;
    const issued = await issuedFor(transaction, run.id);
    if (issued !== null) return { certificateId: issued };
    if (!(await holdsEvidence(transaction, evidence))) return 'stale';
    const { registrationId } = run;
    if (registrationId === null) throw new Error('A run that was never registered cannot be certified.');
    const { certificateId } = evidence;
    const createdAt = context.now();
    await transaction
      .insert(verificationCertificates)
      .values({ ...content, id: certificateId, runId: run.id, constructId: run.constructId, createdAt });
    const rows = replayScores.map(({ scored: _scored, ...score }) => ({
      ...score,
      certificateId,
      scoredAt: endedAt.get(score.groundTruthId) ?? createdAt,
    }));
    for (const chunk of chunksOf(rows, rowsPerInsert))
      await transaction.insert(verificationReplayScores).values(chunk);
    const document = await signDocument(transaction, context, evidence, { ...run, registrationId });
    await countEvidence(transaction, run, { bytes: evidence.bytes, at: createdAt });
    const { scored, oracleFailures, unscored } = content.rawScores.counts;
    await closeAttempt(
      transaction,
      context,
      registrationId,
      {
        outcome: 'completed',
        scored,
        oracle_failures: oracleFailures,
        unscored,
        mean: content.compositeScore,
      },
      { id: certificateId, document },
    );
    return { certificateId };
  });

const issuedFor = async (executor: Executor, runId: string): Promise<string | null> => {
  const [issued] = await executor
    .select({ id: verificationCertificates.id })
    .from(verificationCertificates)
    .where(eq(verificationCertificates.runId, runId));
  return issued?.id ?? null;
};

/** Completes the run and erases its secrets, once a signed checkpoint holds the certificate's entry. */
const complete = async (context: WorkerContext, runId: string, certificateId: string): Promise<void> => {
  await publishCheckpoint(context);
  await context.db.transaction((transaction) =>
    completeRun(transaction, runId, certificateId, context.now()),
  );
};

/** What the certificate of a run needs of its replays. */
const endedReplays = async ({ db }: Pick<WorkerContext, 'db'>, runId: string) => {
  const rows = replaysInChunks((after, size) =>
    db
      .select({
        id: verificationReplays.id,
        position: verificationReplays.position,
        groundTruthId: verificationReplays.groundTruthId,
        outcome: verificationReplays.outcome,
        endedAt: verificationReplays.endedAt,
        oracleCarried: verificationReplays.oracleCarried,
        ...wordlessSteps,
        author: sql<string | null>`${groundTruthRecords.record} ->> 'author'`,
        mergedAt: sql<string | null>`${groundTruthRecords.record} ->> 'mergedAt'`,
      })
      .from(verificationReplays)
      .leftJoin(groundTruthRecords, eq(groundTruthRecords.digest, verificationReplays.groundTruthDigest))
      .where(and(eq(verificationReplays.runId, runId), eq(verificationReplays.state, 'ended'), after))
      .orderBy(asc(verificationReplays.position))
      .limit(size),
  );
  const replays = [];
  for await (const row of rows) {
    const { id, groundTruthId, outcome, endedAt, author, mergedAt } = row;
    // The records of a run that is under way are kept, private ones too.
    if (mergedAt === null) throw new Error(`The change of the replay ${id} was erased.`);
    replays.push({
      groundTruthId,
      outcome,
      endedAt,
      author,
      mergedAt,
      asked: askedOf(row),
      checkpoint: checkpointOf(row),
    });
  }
  return replays;
};

/** Issues the certificate of a run whose replays have all ended. Delivered twice, it still issues one. */
export const certifyRun = async (
  context: WorkerContext,
  { runId }: { runId: string },
  signal?: AbortSignal,
): Promise<void> => {
  const { db, engine, now } = context;
  const [run] = await db.select().from(verificationRuns).where(eq(verificationRuns.id, runId));
  if (run?.status !== 'CERTIFYING') return;

  await tryJob(context, {
    runId,
    about: { job: 'certify-run', runId },
    signal,
    note: (message) => noteRunFault(db, runId, message),
    giveUp: () => endDeadJob(context, { name: 'certify-run', data: { runId } }),
    work: async () => {
      const issued = await issuedFor(db, runId);
      if (issued !== null) {
        await complete(context, runId, issued);
        return;
      }
      const { config, draw } = run;
      if (draw === null) throw new Error('A run that was never ingested cannot be certified.');
      const replays = await endedReplays(context, runId);
      const absence = absenceOf(replays.flatMap(({ asked }) => asked));
      if (absence !== null) {
        await failRun(db, runId, `${absenceText(absence)} ${resumeWhenThere}`, now());
        return;
      }
      const { promptDigest } = engine.judge(config.judge, null);
      const judge = { ...config.judge, promptDigest };
      if (!(await holdToOneVersion(context, run, promptDigest))) {
        await failRun(db, runId, judgedByTwoVersions, now());
        return;
      }
      const input: CertificateInput = {
        sample: config.source.kind === 'sample',
        draw,
        seed: config.seed,
        seedSource: config.seedSource,
        blinded: config.blinded,
        limit: config.limit,
        minReplays: config.minReplays,
        weights: config.weights,
        judge,
        second: config.agreement,
        earlier: await earlierCanaries(context, judge, draw.private ? '' : draw.source),
        exam: await examOf(context, judge),
        replaced: replays.filter(({ outcome }) => outcome === 'replaced').length,
        unanswered: await unansweredCalls(db, runId),
        modelCutoff: config.modelCutoff,
        replays,
      };
      let content: CertificateContent;
      try {
        content = buildCertificate(input);
      } catch (error) {
        if (!(error instanceof Uncertifiable)) throw error;
        await failRun(db, runId, error.message, now());
        return;
      }
      // A private repository's published ids are ordinals, which could name another change here.
      const endedAt = draw.private
        ? new Map<string, Date>()
        : new Map(
            replays.flatMap(({ groundTruthId, endedAt }) =>
              endedAt === null ? [] : [[groundTruthId, endedAt]],
            ),
          );
      const evidence = await storeEvidence(context, run, replays);
      if (evidence === null) return;
      const outcome = await issue(context, run, evidence, content, endedAt);
      if (outcome === 'stale')
        throw new PassingFault(
          'The evidence of this run was begun by another version of this program. It is written again.',
        );
      if (outcome !== null) await complete(context, runId, outcome.certificateId);
    },
  });
};
