import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { RunConfig, RunSecrets, runCreatedSchema } from '#contracts/run.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { ingestJob } from '../state/jobs.ts';
import { ingestionTurn } from '../state/turns.ts';
import { holdLimits } from './limits.ts';

export type RunCreated = z.infer<typeof runCreatedSchema>;

/**
 * Inserts the run, its sealed secrets and its first job in one transaction: an accepted run will be carried out, and a
 * refused one leaves nothing behind.
 * @throws AppError TOO_MANY_REQUESTS
 */
export const insertRun = async (
  context: ServiceContext,
  actor: Actor,
  run: { constructId: string; repoUrl: string; config: RunConfig; secrets: RunSecrets },
): Promise<RunCreated> => {
  const { db, sender, secretBox, now } = context;
  // Chosen here, not by the database: the box is bound to the id before the row exists.
  const runId = randomUUID();
  const createdAt = now();
  await db.transaction(async (transaction) => {
    await holdLimits(transaction, context, actor, { replays: run.config.limit });
    const turn = await ingestionTurn(transaction, actor.userId);
    await transaction.insert(verificationRuns).values({
      id: runId,
      turn,
      userId: actor.userId,
      constructId: run.constructId,
      repoUrl: run.repoUrl,
      config: run.config,
      createdAt,
      updatedAt: createdAt,
    });
    await transaction
      .insert(runSecrets)
      .values({ runId, sealed: secretBox.seal(runId, run.secrets), createdAt });
    await sender.enqueue(transaction, [ingestJob({ id: runId, turn })]);
  });
  return {
    runId,
    status: 'PENDING',
    createdAt: createdAt.toISOString(),
    judge: run.config.judge.provider,
  };
};
