import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import { storableText } from '#contracts/text.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { reserveFor } from '#verification/sources/draw.ts';
import { SourceError } from '#verification/sources/source.ts';
import { cleanValue } from '#verification/text/clean-text.ts';
import type { WorkerContext } from '../ground/context.ts';
import { privateScope, publicScope, storeGroundTruths } from '../ground/ground-truth.ts';
import { insertReplays } from '../state/checkpoint.ts';
import { scoreJob } from '../state/score-job.ts';
import { advance, failRun, noteActivity, noteRunFault } from '../state/transitions.ts';
import { endDeadJob } from './dead-letter.ts';
import { PassingFault, tryJob } from './job-try.ts';

/**
 * How long a source may be unreachable before the run fails: its owner is waiting, and a mistyped host name looks the
 * same. A rate limit says when it ends, so only the queue's tries bound it.
 */
const patienceMs = 60_000;

const mayPass = (error: SourceError, triedForMs: number) =>
  error.retryable && (error.code === 'rate_limited' || triedForMs < patienceMs);

/**
 * Passes on one message at a time, and of those that arrive meanwhile only the last. A fault of `tell` is ignored:
 * the messages are news for a page, and the next one is tried again.
 */
export const latestOnly = (tell: (message: string) => Promise<void>) => {
  let waiting: string | null = null;
  let telling: Promise<void> | null = null;
  const drain = async () => {
    while (waiting !== null) {
      const message = waiting;
      waiting = null;
      await tell(message).catch(() => undefined);
    }
    telling = null;
  };
  return {
    say: (message: string): void => {
      waiting = message;
      telling ??= drain();
    },
    /** Resolves once the last message has been passed on. */
    settled: async (): Promise<void> => {
      await telling;
    },
  };
};

/** Writes the sample, its jobs and `total` together. A second delivery finds them and changes nothing. */
const storeDraw = (
  { db, sender, now }: WorkerContext,
  runId: string,
  { drawn, reserve, ...draw }: GroundTruthDraw,
  scope: string,
) =>
  db.transaction(async (transaction) => {
    const [run] = await transaction
      .select({ status: verificationRuns.status, draw: verificationRuns.draw })
      .from(verificationRuns)
      .where(eq(verificationRuns.id, runId))
      .for('update');
    if (run?.status !== 'INGESTING' || run.draw !== null) return;
    const at = now();
    const { snapshotDigest, digests } = await storeGroundTruths(transaction, {
      scope,
      source: draw.source,
      records: [...drawn, ...reserve],
      now: at,
    });
    const rows = [...drawn, ...reserve].map(({ id: groundTruthId }, position) => ({
      id: randomUUID(),
      runId,
      groundTruthId,
      position,
      state: position < drawn.length ? ('open' as const) : ('reserve' as const),
      groundTruthDigest: digests.get(groundTruthId) ?? null,
      createdAt: at,
      updatedAt: at,
    }));
    await insertReplays(transaction, rows);
    await transaction
      .update(verificationRuns)
      .set({ draw, snapshotDigest, total: drawn.length, error: null, updatedAt: at })
      .where(eq(verificationRuns.id, runId));
    await sender.enqueue(
      transaction,
      rows.filter(({ state }) => state === 'open').map((row) => scoreJob(runId, row)),
    );
  });

/**
 * Fetches a run's ground truth and queues one job per replay. If it cannot be read, the run fails in the source's words;
 * a passing fault is left to the job's next try.
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
      // Only the step to INGESTING has touched it, so this is the time of the first try.
      ingestingSince: verificationRuns.updatedAt,
    })
    .from(verificationRuns)
    .where(eq(verificationRuns.id, runId));
  if (run?.status !== 'INGESTING' || run.draw !== null) return;
  const { config } = run;

  await tryJob(context, {
    runId,
    about: { job: 'ingest-run', runId },
    signal,
    note: (message) => noteRunFault(db, runId, message),
    giveUp: () => endDeadJob(context, { name: 'ingest-run', data: { runId } }),
    work: async (secrets, clean, stop) => {
      let draw: GroundTruthDraw;
      const news = latestOnly((message) => noteActivity(db, runId, clean(message)));
      try {
        draw = await engine.source(config, secrets).draw({
          limit: config.limit,
          reserve: reserveFor(config.limit),
          seed: config.seed,
          since: config.since,
          label: config.label,
          signal: stop,
          onProgress: news.say,
        });
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        if (mayPass(error, now().getTime() - run.ingestingSince.getTime())) {
          news.say(`Trying again: ${error.message}`);
          throw new PassingFault(clean(error.message));
        }
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
      const scope = draw.private ? privateScope(secrets.githubToken) : publicScope;
      // Not cleaned of secrets: words that the owner gave as secrets would be blanked in the ground truth.
      await storeDraw(context, runId, cleanValue(draw, storableText), scope);
    },
  });
};
