import { and, count, desc, eq } from 'drizzle-orm';
import type { z } from 'zod';
import type { RunListInput, runListSchema } from '#contracts/run.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { presentRun, surroundingsOf } from './present.ts';

/** The actor's own runs, newest first. `total` counts all that match the filter. */
export const listRuns = async (
  context: ServiceContext,
  actor: Actor,
  { status, constructId, limit, offset }: RunListInput,
): Promise<z.infer<typeof runListSchema>> => {
  const { db } = context;
  const matches = and(
    eq(verificationRuns.userId, actor.userId),
    status && eq(verificationRuns.status, status),
    constructId === undefined ? undefined : eq(verificationRuns.constructId, constructId),
  );
  const rows = await db
    .select()
    .from(verificationRuns)
    .where(matches)
    // The id settles ties, so that pages neither repeat nor miss a run.
    .orderBy(desc(verificationRuns.createdAt), desc(verificationRuns.id))
    .limit(limit)
    .offset(offset);
  const [counted] = await db.select({ total: count() }).from(verificationRuns).where(matches);
  const surroundings = await surroundingsOf(
    context,
    rows.map(({ id }) => id),
  );
  return {
    runs: rows.map((row) => presentRun(row, surroundings)),
    total: counted?.total ?? 0,
    limit,
    offset,
  };
};
