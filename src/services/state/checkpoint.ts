import { and, eq, gt, inArray, isNull, ne, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { type WordlessOutcome, wordlessOutcomeSchema } from '#contracts/oracle.ts';
import type { Canary, ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';
import { chunksOf } from '#db/chunks.ts';
import type { Executor } from '#db/client.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Asked } from '#verification/replay/oracle-presence.ts';
import type { DealtReplay } from '#verification/replay/shown-canaries.ts';
import { isInParts } from '#verification/replay/with-step.ts';
import type { ServiceContext } from '../ground/context.ts';
import { advance } from './transitions.ts';

export type ReplayRow = typeof verificationReplays.$inferSelect;

/** A new replay takes about ten parameters. */
const replaysPerInsert = 1_000;

/** Gives a run its replays. */
export const insertReplays = async (
  transaction: Executor,
  rows: (typeof verificationReplays.$inferInsert)[],
): Promise<void> => {
  for (const chunk of chunksOf(rows, replaysPerInsert))
    await transaction.insert(verificationReplays).values(chunk);
};

/** The statuses of a run whose replays may still change. */
export const replayingStatuses = ['INGESTING', 'INVOKING', 'SCORING'] as const;

const steps = [
  'draftKey',
  'answerKey',
  'oracle',
  'canaries',
  'precision',
  'recall',
  'reply',
  'baseline',
  'second',
] as const satisfies ReplayStep[];

type OtherStep = Exclude<ReplayStep, 'oracle'>;

/** The stored steps of a replay, with or without the oracle's words; a missing step is absent. */
export const checkpointOf = <Outcome>(
  row: Pick<ReplayRow, OtherStep> & { oracle: Outcome | null },
): Pick<ReplayCheckpoint, OtherStep> & { oracle?: Outcome } =>
  Object.fromEntries(steps.flatMap((step) => (row[step] === null ? [] : [[step, row[step]]])));

/** The columns of the steps, without the oracle's words, which nothing that is counted needs. */
export const wordlessSteps = {
  draftKey: verificationReplays.draftKey,
  answerKey: verificationReplays.answerKey,
  oracle: sql`${verificationReplays.oracle} - 'answer'`.mapWith((value: unknown): WordlessOutcome | null =>
    wordlessOutcomeSchema.parse(value),
  ),
  canaries: verificationReplays.canaries,
  precision: verificationReplays.precision,
  recall: verificationReplays.recall,
  reply: verificationReplays.reply,
  baseline: verificationReplays.baseline,
  second: verificationReplays.second,
};

/** The outcome of asking the oracle in this replay; empty if it was not asked. */
export const askedOf = ({
  oracle,
  oracleCarried,
}: Pick<ReplayRow, 'oracleCarried'> & { oracle: WordlessOutcome | null }): Asked[] =>
  oracle === null ? [] : [{ outcome: oracle, carried: oracleCarried }];

/** So many rows hold a few megabytes at most. A run may have thousands. */
const replaysPerRead = 25;

/**
 * Reads a run's replays in the order of the draw, a few at a time, so that no statement grows with the run.
 * @param read one chunk: rows that are `after` the last one, ordered by position, at most `size`.
 */
export async function* replaysInChunks<Row extends { position: number }>(
  read: (after: SQL, size: number) => PromiseLike<Row[]>,
): AsyncGenerator<Row> {
  for (let last = -1; ; ) {
    const rows = await read(gt(verificationReplays.position, last), replaysPerRead);
    yield* rows;
    if (rows.length < replaysPerRead) return;
    last = rows.at(-1)?.position ?? last;
  }
}

/**
 * Another worker or run has taken this replay, or its run has ended. What this worker knows is out of date and must
 * not be stored.
 */
export class ReplayLost extends Error {
  override readonly name = 'ReplayLost';
}

/**
 * The replay while it is open in this run. Once a resuming run has taken it, a late worker of the old run can no
 * longer write to it.
 */
export const isOpenIn = ({ runId, replayId }: { runId: string; replayId: string }): SQL | undefined =>
  and(
    eq(verificationReplays.id, replayId),
    eq(verificationReplays.runId, runId),
    eq(verificationReplays.state, 'open'),
  );

/** The new value of a step's column, and the condition that nothing of `value` is stored there yet. */
const keptAs = (step: ReplayStep, value: object): { value: unknown; isNew: SQL } => {
  const column = verificationReplays[step];
  if (!isInParts(step)) return { value, isNew: isNull(column) };
  const parts = Object.keys(value).filter((part) => part !== 'reused');
  const before = sql`coalesce(${column}, '{}'::jsonb)`;
  return {
    value: sql`${before} || ${JSON.stringify(value)}::jsonb`,
    isNew: sql`not ${before} ?| array[${sql.join(
      parts.map((part) => sql`${part}`),
      sql`, `,
    )}]::text[]`,
  };
};

/** Kinds and ways of a step's canaries, without their texts: a run may have a thousand replays. Null: no such step yet. */
const countedIn = (step: SQLWrapper, canaries: SQLWrapper = step) =>
  sql<DealtReplay['ruled']>`case when ${step} is null then null else coalesce((
    select jsonb_agg(jsonb_build_object('kind', canary -> 'kind', 'way', canary -> 'way'))
    from jsonb_array_elements(${canaries}) canary), '[]') end`;

/**
 * The checkpoint of one replay in Postgres. Each step is written to its own column, once, while replay and run are
 * open. A worker that was thought dead, or a second delivery, gets `ReplayLost`.
 */
export const checkpointStore = (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  { runId, row }: { runId: string; row: ReplayRow },
) => ({
  checkpoint: checkpointOf(row),

  save: <Step extends ReplayStep>(step: Step, value: Required<ReplayCheckpoint>[Step]): Promise<void> =>
    db.transaction(async (transaction) => {
      const at = now();
      // The run's row first, then the replay's: `endReplay` locks them in this order.
      const isVerdict = step === 'precision' || step === 'recall' || step === 'reply';
      if (isVerdict && 'kind' in value && value.kind === 'judged')
        await advance(transaction, runId, 'SCORING', at);
      const kept = keptAs(step, value);
      const saved = await transaction
        .update(verificationReplays)
        .set({
          ...(step === 'answerKey' ? { draftKey: null } : {}),
          [step]: kept.value,
          reason: null,
          waitingSince: null,
          updatedAt: at,
        })
        .where(
          and(
            isOpenIn({ runId, replayId: row.id }),
            kept.isNew,
            sql`exists (${transaction
              .select({ id: verificationRuns.id })
              .from(verificationRuns)
              .where(
                and(eq(verificationRuns.id, runId), inArray(verificationRuns.status, [...replayingStatuses])),
              )})`,
          ),
        )
        .returning({ id: verificationReplays.id });
      if (saved.length === 0)
        throw new ReplayLost(`The step ${step} is stored already, or its run has ended.`);
    }),

  /** Under the run's lock: a worker that deals sees what every other one has dealt, also after a kill. */
  dealCanaries: (choose: (others: readonly DealtReplay[]) => Canary[]): Promise<Canary[]> =>
    db.transaction(async (transaction) => {
      const [run] = await transaction
        .select({ id: verificationRuns.id })
        .from(verificationRuns)
        .where(and(eq(verificationRuns.id, runId), inArray(verificationRuns.status, [...replayingStatuses])))
        .for('update');
      if (!run) throw new ReplayLost('The run has ended.');
      const others = await transaction
        .select({
          dealt: countedIn(verificationReplays.canaries),
          ruled: countedIn(
            verificationReplays.precision,
            sql`${verificationReplays.precision} -> 'canaries'`,
          ),
          outcome: verificationReplays.outcome,
        })
        .from(verificationReplays)
        .where(and(eq(verificationReplays.runId, runId), ne(verificationReplays.id, row.id)));
      const canaries = choose(others);
      const saved = await transaction
        .update(verificationReplays)
        .set({ canaries, updatedAt: now() })
        .where(and(isOpenIn({ runId, replayId: row.id }), isNull(verificationReplays.canaries)))
        .returning({ id: verificationReplays.id });
      if (saved.length === 0) throw new ReplayLost('The step canaries is stored already.');
      return canaries;
    }),

  /** Moves the run to INVOKING. Refuses if the run has ended, so that no oracle is asked in vain. */
  beforeOracleCall: async (): Promise<void> => {
    await advance(db, runId, 'INVOKING', now());
    const [run] = await db
      .select({ status: verificationRuns.status })
      .from(verificationRuns)
      .where(and(eq(verificationRuns.id, runId), inArray(verificationRuns.status, [...replayingStatuses])));
    if (!run) throw new ReplayLost('The run has ended.');
  },
});
