import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { networkOfAddress } from '#contracts/client-header.ts';
import type { RunConfig, RunSecrets, runCreatedSchema } from '#contracts/run.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { ingestJob } from '../state/jobs.ts';
import { ingestionTurn } from '../state/turns.ts';
import { holdRoom } from './evidence-room.ts';
import { holdLimits } from './limits.ts';

export type RunCreated = z.infer<typeof runCreatedSchema>;

/** The network that a stranger's run counts for; null where clients cannot be told apart. */
export const networkOfRun = (
  { standing }: Pick<RunConfig, 'standing'>,
  address: string | null,
): string | null => (standing === 'stranger' && address !== null ? networkOfAddress(address) : null);

/**
 * Inserts the run, its sealed secrets and its first job in one transaction: an accepted run will be carried out, and a
 * refused one leaves nothing behind.
 * @throws AppError TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE
 */
export const insertRun = async (
  context: ServiceContext,
  actor: Actor,
  run: { constructId: string; repoUrl: string; config: RunConfig; secrets: RunSecrets },
  address: string | null,
): Promise<RunCreated> => {
  const { db, sender, secretBox, now } = context;
  // Chosen here, not by the database: the box is bound to the id before the row exists.
  const runId = randomUUID();
  const createdAt = now();
  await db.transaction(async (transaction) => {
    const { limit: replays, standing } = run.config;
    await holdLimits(transaction, context, actor, { replays });
    await holdRoom(transaction, context, actor, { standing, replays });
    const turn = await ingestionTurn(transaction, actor.userId);
    const [inserted] = await transaction
      .insert(verificationRuns)
      .values({
        id: runId,
        turn,
        userId: actor.userId,
        constructId: run.constructId,
        repoUrl: run.repoUrl,
        network: networkOfRun(run.config, address),
        config: run.config,
        createdAt,
        updatedAt: createdAt,
      })
      .returning({ id: verificationRuns.id, stranger: verificationRuns.stranger });
    if (inserted === undefined) throw new Error('Inserting a run returned no row.');
    await transaction
      .insert(runSecrets)
      .values({ runId, sealed: secretBox.seal(runId, run.secrets), createdAt });
    await sender.enqueue(transaction, [ingestJob({ ...inserted, turn })]);
  });
  return {
    runId,
    status: 'PENDING',
    createdAt: createdAt.toISOString(),
    judge: run.config.judge.provider,
  };
};
