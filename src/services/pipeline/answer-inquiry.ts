import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { JudgingEstimate } from '#contracts/estimate.ts';
import { type InquiryAnswer, type InquiryKind, inquiryLifetimeMs } from '#contracts/inquiry.ts';
import type { OracleTrial, RunConfig, RunSecrets } from '#contracts/run.ts';
import { inquiries } from '#db/schema/inquiries.ts';
import { estimateJudging } from '#verification/judges/model/estimate.ts';
import { offlineFacts } from '#verification/judges/offline/judge.ts';
import { cleanOracle, type Oracle } from '#verification/oracles/oracle.ts';
import { tryOracle } from '#verification/oracles/try-oracle.ts';
import { type CleanText, cleanTextOf } from '#verification/text/clean-text.ts';
import { judgedAnswer } from '#verification/text/judged-answer.ts';
import type { ServiceContext, WorkerContext } from '../ground/context.ts';
import { reportFault } from '../ground/fault.ts';
import { newestChanges } from './newest-changes.ts';

/** For reading the newest changes and for an oracle's answer together: someone waits at a form. */
const timeoutMs = 90_000;

/** How soon a worker notices that nobody waits any more. */
const lookEveryMs = 1_000;

/** Enough to know how large a repository's changes are, few enough to read while someone waits. */
const changesRead = 10;

type Asked = { id: string; config: RunConfig; secrets: RunSecrets; clean: CleanText; signal: AbortSignal };

/** An oracle that is still silent when the trial's time is up has failed it, which is what its owner wants to know. */
const inTime = (oracle: Oracle): Oracle => ({
  ask: async (request, signal) => {
    const startedAt = performance.now();
    try {
      return await oracle.ask(request, signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      const latencyMs = Math.round(performance.now() - startedAt);
      const detail = `No answer came within ${Math.round(latencyMs / 1000)} seconds, which is as long as a trial waits. A run waits longer.`;
      return { kind: 'failure', reason: 'timeout', detail, httpAnswered: false, latencyMs, retries: 0 };
    }
  },
});

const trial = async (
  { engine }: WorkerContext,
  { id, config, secrets, clean, signal }: Asked,
): Promise<OracleTrial> => {
  const [newest] = await newestChanges(engine.source(config, secrets), config, { count: 1, clean, signal });
  if (newest === undefined) throw new Error('A draw of one change came back empty.');
  const asked = cleanOracle(engine.oracle(config, secrets, id), clean);
  try {
    const tried = await tryOracle(inTime(asked), newest, {
      blinding: config.blinded ? config.seed : null,
      ruleFacts: offlineFacts,
      signal,
    });
    return { ...tried, answer: tried.answer && judgedAnswer(tried.answer) };
  } finally {
    await engine.endOracle(id);
  }
};

const estimate = async (
  { engine }: WorkerContext,
  { config, secrets, clean, signal }: Asked,
): Promise<JudgingEstimate> => {
  const { provider, model } = config.judge;
  const count = Math.min(changesRead, config.limit);
  const changes = await newestChanges(engine.source(config, secrets), config, { count, clean, signal });
  // If fewer are found than were asked for, there are no more.
  const replays = changes.length < count ? changes.length : config.limit;
  const judging = await estimateJudging({
    changes,
    replays,
    provider,
    model,
    prices: engine.prices(provider),
    economy: config.economy,
    agreement: config.agreement && {
      ...config.agreement,
      prices: engine.prices(config.agreement.provider),
    },
    variantsAuthor: config.variantsAuthor && {
      ...config.variantsAuthor,
      prices: engine.prices(config.variantsAuthor.provider),
    },
    baselineReplays: config.baselineReplays,
    countTokens: engine.countTokens(provider),
  });
  return { judge: provider, model, replays, oracleCalls: replays, changesRead: changes.length, judging };
};

const answers: {
  [Kind in InquiryKind]: (context: WorkerContext, asked: Asked) => Promise<InquiryAnswer<Kind>>;
} = { trial, estimate };

const refuse = async (
  { db }: Pick<ServiceContext, 'db'>,
  inquiryId: string,
  { code, message, fields }: Pick<AppError, 'code' | 'message' | 'fields'>,
): Promise<void> => {
  await db
    .update(inquiries)
    .set({ refusal: { code, message, fields } })
    .where(and(eq(inquiries.id, inquiryId), isNull(inquiries.answer), isNull(inquiries.refusal)));
};

/** Aborted soon after the inquiry's row is gone: whoever waited has left, and their place is another's. */
const untilLeft = ({ db, log }: Pick<WorkerContext, 'db' | 'log'>, inquiryId: string) => {
  const left = new AbortController();
  const look = async () => {
    if ((await db.$count(inquiries, eq(inquiries.id, inquiryId))) === 0) left.abort();
  };
  const timer = setInterval(
    () =>
      void look().catch((error) => {
        log.debug({ inquiryId, error: String(error) }, 'Whether anybody still waits could not be read.');
      }),
    lookEveryMs,
  );
  return { signal: left.signal, stop: () => clearInterval(timer) };
};

const read = async (db: ServiceContext['db'], inquiryId: string) => {
  const [inquiry] = await db
    .select()
    .from(inquiries)
    .where(
      and(
        eq(inquiries.id, inquiryId),
        isNull(inquiries.answer),
        isNull(inquiries.refusal),
        gt(inquiries.createdAt, sql`now() - make_interval(secs => ${inquiryLifetimeMs / 1000})`),
      ),
    );
  return inquiry;
};

/** Answers what a form asks. An inquiry that nobody waits for any more is left alone, and is stopped if it has begun. */
export const answerInquiry = async (
  context: WorkerContext,
  { inquiryId }: { inquiryId: string },
  signal: AbortSignal,
): Promise<void> => {
  const { db, secretBox } = context;
  let clean: CleanText | undefined;
  const left = untilLeft(context, inquiryId);
  try {
    const inquiry = await read(db, inquiryId);
    if (inquiry === undefined) return;
    const { kind, config } = inquiry;
    const secrets = secretBox.open(inquiryId, inquiry.sealed);
    clean = cleanTextOf(secrets);
    const inTimeSignal = AbortSignal.any([signal, left.signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await answers[kind](context, {
      id: inquiryId,
      config,
      secrets,
      clean,
      signal: inTimeSignal,
    });
    await db.update(inquiries).set({ answer }).where(eq(inquiries.id, inquiryId));
  } catch (error) {
    // The worker is stopping, and another one takes the job.
    if (signal.aborted) throw error;
    if (left.signal.aborted) return;
    if (error instanceof AppError) return refuse(context, inquiryId, error);
    const fault = reportFault(context, error, { inquiryId }, clean);
    await refuse(context, inquiryId, { code: 'SERVICE_UNAVAILABLE', message: fault.message, fields: [] });
  } finally {
    left.stop();
  }
};

/** Tells the form that waits that no worker could answer it. */
export const endDeadInquiry = (
  context: Pick<ServiceContext, 'db'>,
  { inquiryId }: { inquiryId: string },
): Promise<void> =>
  refuse(context, inquiryId, {
    code: 'SERVICE_UNAVAILABLE',
    message: 'The workers that took this stopped before they could answer. Try again.',
    fields: [],
  });
