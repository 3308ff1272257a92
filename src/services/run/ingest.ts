import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { GroundTruth, GroundTruthDraw } from '#contracts/ground-truth.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { SourceError } from '#verification/sources/source.ts';
import type { WorkerContext } from '../context.ts';
import { attempt, PassingFault } from './attempt.ts';
import { cleanValue } from './clean-text.ts';
import { reserveFor } from './defaults.ts';
import { latestOnly } from './latest-only.ts';
import { advance, failRun, noteActivity, noteRunFault } from './transitions.ts';

/**
 * How long a source may stay out of reach before the run fails of it: its owner is waiting, and a host name with a
 * typing error looks the same. A rate limit says itself when it ends, so the queue's attempts alone bound it.
 */
const patienceMs = 60_000;

const mayPass = (error: SourceError, triedForMs: number) =>
  error.retryable && (error.code === 'rate_limited' || triedForMs < patienceMs);

/** Diffs are large: this many rows go in one statement. */
const rowsPerInsert = 20;

/** The sample, its jobs and `total` become true together; a second delivery finds them and changes nothing. */
const storeDraw = (
  { db, sender, now }: WorkerContext,
  runId: string,
  { drawn, reserve, ...draw }: GroundTruthDraw,
) =>
  db.transaction(async (transaction) => {
    const [run] = await transaction
      .select({ status: verificationRuns.status, draw: verificationRuns.draw })
      .from(verificationRuns)
      .where(eq(verificationRuns.id, runId))
      .for('update');
    if (run?.status !== 'INGESTING' || run.draw !== null) return;
    const at = now();
    const rowOf = (state: 'open' | 'reserve', position: number, groundTruth: GroundTruth) => ({
      id: randomUUID(),
      runId,
      groundTruthId: groundTruth.id,
      position,
      state,
      groundTruth,
      createdAt: at,
      updatedAt: at,
    });
    const rows = [
      ...drawn.map((groundTruth, index) => rowOf('open', index, groundTruth)),
      ...reserve.map((groundTruth, index) => rowOf('reserve', drawn.length + index, groundTruth)),
    ];
    for (let start = 0; start < rows.length; start += rowsPerInsert)
      await transaction.insert(verificationReplays).values(rows.slice(start, start + rowsPerInsert));
    await transaction
      .update(verificationRuns)
      .set({ draw, total: drawn.length, error: null, updatedAt: at })
      .where(eq(verificationRuns.id, runId));
    await sender.enqueue(
      transaction,
      rows
        .filter(({ state }) => state === 'open')
        .map(({ id }) => ({ name: 'score-replay' as const, data: { runId, replayId: id } })),
    );
  });

/**
 * Fetches a run's ground truth and puts one job per replay on the queue. What cannot be read fails the run in the
 * source's words; a passing fault is left to the queue's next attempt.
 */
export const ingestRun = async (
  context: WorkerContext,
  { runId }: { runId: string },
  signal?: AbortSignal,
): Promise<void> => {
  const { db, engine, now } = context;
  await advance(db, runId, 'INGESTING', now());
  const [run] = await db
    .select({
      status: verificationRuns.status,
      draw: verificationRuns.draw,
      config: verificationRuns.config,
      // Nothing but the step to INGESTING has touched it: the time of the first attempt.
      ingestingSince: verificationRuns.updatedAt,
    })
    .from(verificationRuns)
    .where(eq(verificationRuns.id, runId));
  if (run?.status !== 'INGESTING' || run.draw !== null) return;
  const { config } = run;

  await attempt(context, {
    runId,
    about: { job: 'ingest-run', runId },
    signal,
    note: (message) => noteRunFault(db, runId, message),
    work: async (secrets, clean) => {
      let draw: GroundTruthDraw;
      const news = latestOnly((message) => noteActivity(db, runId, clean(message)));
      try {
        draw = await engine.source(config, secrets).draw({
          limit: config.limit,
          reserve: reserveFor(config.limit),
          seed: config.seed,
          since: config.since,
          label: config.label,
          signal,
          onProgress: news.say,
        });
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        if (mayPass(error, now().getTime() - run.ingestingSince.getTime()))
          throw new PassingFault(clean(error.message));
        await failRun(db, runId, clean(error.message), now());
        return;
      } finally {
        await news.settled();
      }
      if (draw.drawn.length === 0) {
        await failRun(
          db,
          runId,
          'The repository has no merged change that can serve as ground truth. Choose another repository, date or label.',
          now(),
        );
        return;
      }
      await storeDraw(context, runId, cleanValue(draw, clean));
    },
  });
};
