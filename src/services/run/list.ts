import { and, count, desc, eq, inArray, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { RunListInput, runListSchema } from '#contracts/run.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { cutPage, inOrder, isId, named, requireOneStart } from '../ground/page.ts';
import { presentRun, surroundingsOf } from './present.ts';

/**
 * The actor's own runs, newest first. `total` counts all that match the filter.
 * @throws AppError BAD_REQUEST for a cursor with an offset.
 */
export const listRuns = async (
  context: ServiceContext,
  actor: Actor,
  { status, constructId, limit, offset, cursor }: RunListInput,
): Promise<z.infer<typeof runListSchema>> => {
  requireOneStart({ cursor, offset });
  const { db } = context;
  const { id, userId, createdAt } = verificationRuns;
  const own = eq(userId, actor.userId);
  const matches = and(
    own,
    status && eq(verificationRuns.status, status),
    named(verificationRuns.constructId, constructId),
  );
  const isOlder =
    cursor === undefined
      ? undefined
      : isId(cursor)
        ? sql`(${createdAt}, ${id}) < ((select ${createdAt} from ${verificationRuns} where ${id} = ${cursor} and ${own}), ${cursor}::uuid)`
        : sql`false`;
  const [ids, [counted]] = await Promise.all([
    db
      .select({ id })
      .from(verificationRuns)
      .where(and(matches, isOlder))
      // The id settles ties, so that pages neither repeat nor miss a run.
      .orderBy(desc(createdAt), desc(id))
      .limit(limit + 1)
      .offset(offset),
    db.select({ total: count() }).from(verificationRuns).where(matches),
  ]);
  const { shown, next } = cutPage(
    ids.map((row) => row.id),
    limit,
  );
  const [rows, surroundings] = await Promise.all([
    shown.length === 0 ? [] : db.select().from(verificationRuns).where(inArray(verificationRuns.id, shown)),
    surroundingsOf(context, shown),
  ]);
  return {
    runs: inOrder(rows, shown).map((row) => presentRun(row, surroundings)),
    total: counted?.total ?? 0,
    limit,
    offset,
    ...next,
  };
};
