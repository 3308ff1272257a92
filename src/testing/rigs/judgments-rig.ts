import { asc, eq } from 'drizzle-orm';
import type { RunRequest } from '#contracts/run-request.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { getPublicCertificate } from '#services/certificate/index.ts';
import type { Actor, WorkerContext } from '#services/ground/index.ts';
import { createRun, getRun } from '#services/run/index.ts';
import { runRequest, testRig } from './engine-rig.ts';
import { offlineReply, type Script } from './scripted-engine.ts';

/** A rig whose runs share what a judge said about a change, each run of a new user. */
export const judgmentsRig = async (script: Script = {}) => {
  const rig = await testRig(script);
  const { db, context } = rig;
  const replaysOf = (runId: string) =>
    db
      .select()
      .from(verificationReplays)
      .where(eq(verificationReplays.runId, runId))
      .orderBy(asc(verificationReplays.position));
  const accepted = async (request: Partial<RunRequest> = {}, onto: WorkerContext = context) => {
    const owner: Actor = await rig.user();
    const { runId } = await createRun(onto, owner, runRequest(request));
    return { owner, runId };
  };
  /** Carries a run of a new user to its end. */
  const run = async (request: Partial<RunRequest> = {}, onto: WorkerContext = context) => {
    const { owner, runId } = await accepted(request, onto);
    const before = rig.calls.length;
    await rig.pump({ onto });
    const ended = await getRun(context, owner, runId);
    return {
      ...ended,
      owner,
      calls: rig.calls.slice(before),
      replays: await replaysOf(runId),
      certificate: () => getPublicCertificate(context, ended.certificateId ?? ''),
    };
  };
  return { ...rig, accepted, run, replaysOf };
};

/** The calls whose answers runs share. */
export const sharedCalls = (calls: string[]) =>
  calls.filter((call) => /^(?:answer_key|baseline-)/.test(call));
/** All of them, for a run of three changes. */
export const allShared = ['1', '2', '3'].flatMap((id) => [
  `answer_key:${id}`,
  `baseline-precision:${id}`,
  `baseline-recall:${id}`,
  `baseline-reply:${id}`,
]);

/** Keys that are numbered in the order they are made; `changesOf` says how many changes each has. */
export const numberedKeys = (changesOf: (made: number) => number = () => 2): NonNullable<Script['judge']> => {
  let made = 0;
  return async ({ measure }, { id }) => {
    if (measure !== 'answer_key') return undefined;
    made += 1;
    const quotes = [`export const retryLimit${id} = 25;`, `export const backoffSeconds${id} = 15;`];
    return offlineReply({
      changes: quotes
        .slice(0, changesOf(made))
        .map((quote, place) => ({ id: `${place}`, statement: `Key ${made}, change ${place}.`, quote })),
      question: {
        text: `Question ${made}?`,
        reference_answer: `Answer ${made}`,
        quote: quotes[0] ?? '',
      },
    });
  };
};

export const keysOf = (replays: Pick<typeof verificationReplays.$inferSelect, 'answerKey'>[]) =>
  replays.map(({ answerKey }) => (answerKey?.kind === 'made' ? answerKey.key : null));
