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
import { registerRun } from '../log/register.ts';
import { insertReplays } from '../state/checkpoint.ts';
import { ingestJob, judgeOfRun, scoreJob } from '../state/jobs.ts';
import {
  advance,
  failRun,
  noteActivity,
  noteRunFault,
  noteWaiting,
  waitingToReplay,
} from '../state/transitions.ts';
import { giveTurns, reachTurn } from '../state/turns.ts';
import { endDeadJob } from './dead-letter.ts';
import { LeaseLost, PassingFault, tryJob } from './job-try.ts';

/**
 * How long a source may be unreachable before the run fails: its owner is waiting, and a mistyped host name looks the
 * same.
 */
const patienceMs = 60_000;

/** How long a run waits for a source's rate limit, time after time. The longest limits last an hour. */
const limitPatienceMs = 24 * 60 * 60_000;
/** How soon a limit is tried again at the earliest, and at the latest although it may last longer. */
const [leastWaitMs, mostWaitMs] = [1_000, 15 * 60_000];

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
  { scope, seed }: { scope: string; seed: string },
) =>
  db.transaction(async (transaction) => {
    const [run] = await transaction
      .select({
        status: verificationRuns.status,
        draw: verificationRuns.draw,
        userId: verificationRuns.userId,
        stranger: verificationRuns.stranger,
        config: verificationRuns.config,
        judge: judgeOfRun,
      })
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
      .set({
        draw,
        snapshotDigest,
        config: { ...run.config, seed },
        total: drawn.length,
        error: null,
        activity: waitingToReplay,
        updatedAt: at,
      })
      .where(eq(verificationRuns.id, runId));
    const open = await giveTurns(transaction, { runId, userId: run.userId });
    await sender.enqueue(
      transaction,
      open.map((replay) => scoreJob({ id: runId, ...run }, replay)),
    );
  });

/** Puts the job back on the queue until a source's limit has passed. Meanwhile it holds no worker. */
const putIngestionBack = async (
  { db, sender, metrics, now }: WorkerContext,
  run: Parameters<typeof ingestJob>[0],
  { retryAfterMs }: SourceError,
): Promise<void> => {
  const afterMs = Math.min(Math.max(retryAfterMs ?? leastWaitMs, leastWaitMs), mostWaitMs);
  const until = new Date(now().getTime() + afterMs).toISOString().slice(11, 16);
  metrics.waited('source_limit');
  await noteWaiting(
    db,
    run.id,
    `Waiting: the source’s rate limit is reached. Reading continues at ${until} UTC.`,
  );
  await sender.enqueue(db, [{ ...ingestJob(run), afterMs }]);
};

/**
 * Fetches a run's ground truth and queues one job per replay. If it cannot be read, the run fails in the source's words;
 * a passing fault is left to the job's next try, and a rate limit is waited for on the queue.
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
      turn: verificationRuns.turn,
      stranger: verificationRuns.stranger,
      // Only the step to INGESTING has touched it, so this is the time of the first try.
      ingestingSince: verificationRuns.updatedAt,
    })
    .from(verificationRuns)
    .where(eq(verificationRuns.id, runId));
  if (run?.status !== 'INGESTING' || run.draw !== null) return;
  const { config } = run;
  await reachTurn(db, 'ingest-run', run.turn);

  await tryJob(context, {
    runId,
    about: { job: 'ingest-run', runId },
    signal,
    note: (message) => noteRunFault(db, runId, message),
    giveUp: () => endDeadJob(context, { name: 'ingest-run', data: { runId } }),
    work: async (secrets, clean, stop) => {
      let draw: GroundTruthDraw;
      let { seed } = config;
      const news = latestOnly((message) => noteActivity(db, runId, clean(message)));
      try {
        draw = await engine.source(config, secrets).draw({
          limit: config.limit,
          reserve: reserveFor(config.limit),
          seed: async (listed) => {
            news.say('Waiting: the attempt is being registered in the transparency log.');
            const registration = await registerRun(context, runId, listed);
            stop.throwIfAborted();
            if (registration === null) throw new LeaseLost('The run has ended.');
            if (config.seedSource === 'verifier') seed = registration.seed;
            return seed;
          },
          since: config.since,
          label: config.label,
          signal: stop,
          onProgress: news.say,
        });
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        const triedForMs = now().getTime() - run.ingestingSince.getTime();
        if (error.code === 'rate_limited' && triedForMs < limitPatienceMs) {
          await news.settled();
          await putIngestionBack(context, { id: runId, ...run }, error);
          return;
        }
        if (error.retryable && triedForMs < patienceMs) {
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
      await storeDraw(context, runId, cleanValue(draw, storableText), { scope, seed });
    },
  });
};
