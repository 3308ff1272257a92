import { and, eq } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Executor } from '#db/client.ts';
import { verificationAudits } from '#db/schema/audits.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { withPublishedIds } from '#verification/certificate/raw-replay.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';

/**
 * The actor's run. Another user's run, an unknown id and a malformed one all give the same answer.
 * @throws AppError NOT_FOUND
 */
export const ownRun = async ({ db }: Pick<ServiceContext, 'db'>, { userId }: Actor, runId: string) => {
  const [run] = isId(runId)
    ? await db
        .select({ certificateId: verificationRuns.certificateId })
        .from(verificationRuns)
        .where(and(eq(verificationRuns.id, runId), eq(verificationRuns.userId, userId)))
    : [];
  if (!run) throw new AppError('NOT_FOUND', 'There is no such run of yours.');
  return run;
};

export type AuditRow = typeof verificationAudits.$inferSelect;

/** The audit of a certificate; undefined if none was begun. */
export const auditOf = async (db: Executor, certificateId: string): Promise<AuditRow | undefined> => {
  const [audit] = await db
    .select()
    .from(verificationAudits)
    .where(eq(verificationAudits.certificateId, certificateId));
  return audit;
};

/**
 * The audit of the actor's run.
 * @throws AppError NOT_FOUND, also if none was begun.
 */
export const ownAudit = async (
  context: Pick<ServiceContext, 'db'>,
  actor: Actor,
  runId: string,
): Promise<AuditRow> => {
  const { certificateId } = await ownRun(context, actor, runId);
  const audit = certificateId === null ? undefined : await auditOf(context.db, certificateId);
  if (audit === undefined) throw new AppError('NOT_FOUND', 'No audit of this run was begun.');
  return audit;
};

/** Whether a certificate is of a private repository, whose ids are not published. */
export const isPrivate = async (db: Executor, certificateId: string): Promise<boolean> => {
  const [certificate] = await db
    .select({ private: verificationCertificates.private })
    .from(verificationCertificates)
    .where(eq(verificationCertificates.id, certificateId));
  return certificate?.private ?? false;
};

/** The replays of a run by the ids that its certificate has for them. */
export const publishedReplays = async (db: Executor, runId: string, isOrdinal: boolean) => {
  const { id: replayId, groundTruthId, groundTruthDigest, outcome } = verificationReplays;
  const replays = await db
    .select({ replayId, groundTruthId, groundTruthDigest, outcome })
    .from(verificationReplays)
    .where(eq(verificationReplays.runId, runId));
  const ended = replays.flatMap(({ outcome: ending, ...replay }) =>
    ending === null ? [] : [{ ...replay, end: { outcome: ending, reason: null } }],
  );
  return withPublishedIds(ended, isOrdinal);
};

/** What a finished audit says when somebody wants to change it. */
export const alreadyFinished = () =>
  new AppError('BAD_REQUEST', 'This audit is finished. A certificate has one audit, and it does not change.');
