import { eq, gt, lt } from 'drizzle-orm';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import type { Executor } from '#db/client.ts';
import { workers } from '#db/schema/workers.ts';
import type { ServiceContext } from '../ground/context.ts';

const announceEveryMs = 3_000;
/** A worker that was not seen for this long is dead, or cannot reach the database. */
const livesMs = 12_000;
const forgottenMs = 60 * 60_000;

/** What a worker may and can do: nothing if the engine is off. */
export const judgesHere = ({ policy }: Pick<ServiceContext, 'policy'>): JudgeProvider[] =>
  policy.engineEnabled
    ? (Object.keys(policy.judges) as JudgeProvider[]).filter(
        (provider) => policy.judges[provider].unavailable === null,
      )
    : [];

/** Says in the database that this worker lives and what it can do, until `stop`. */
export const announceWorker = async (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
): Promise<{ stop: () => Promise<void> }> => {
  const { db, now } = context;
  const judges = judgesHere(context);
  const [row] = await db.insert(workers).values({ judges, seenAt: now() }).returning({ id: workers.id });
  if (row === undefined) throw new Error('Inserting a worker returned no row.');
  const { id } = row;
  const announce = async () => {
    const seenAt = now();
    await db
      .insert(workers)
      .values({ id, judges, seenAt })
      .onConflictDoUpdate({ target: workers.id, set: { seenAt } });
    await db.delete(workers).where(lt(workers.seenAt, new Date(seenAt.getTime() - forgottenMs)));
  };
  // If the database is away, the next one tells it.
  const timer = setInterval(() => void announce().catch(() => undefined), announceEveryMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await db
        .delete(workers)
        .where(eq(workers.id, id))
        .catch(() => undefined);
    },
  };
};

export type LiveWorkers = {
  /** How many live, whatever they can do. */
  count: number;
  /** Whether one of them carries out runs. */
  carriesOut: boolean;
  judges: ReadonlySet<JudgeProvider>;
};

export const liveWorkers = async (executor: Executor, now: Date): Promise<LiveWorkers> => {
  const rows = await executor
    .select({ judges: workers.judges })
    .from(workers)
    .where(gt(workers.seenAt, new Date(now.getTime() - livesMs)));
  const judges = new Set(rows.flatMap((worker) => worker.judges));
  return { count: rows.length, carriesOut: judges.size > 0, judges };
};
