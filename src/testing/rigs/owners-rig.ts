import { asc, eq } from 'drizzle-orm';
import { expect } from 'vitest';
import type { ContinueRequest, RunRequest } from '#contracts/run-request.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { getPublicCertificate } from '#services/certificate/index.ts';
import { continueRun, createRun, getRun } from '#services/run/index.ts';
import { failRun } from '#services/state/transitions.ts';
import { runRequest, testRig } from './engine-rig.ts';
import type { Script } from './scripted-engine.ts';

/** A rig with an owner who starts runs, ends them early, and resumes or retries them. */
export const ownersRig = async (script: Script = {}) => {
  const rig = await testRig(script);
  const { db, context } = rig;
  const owner = await rig.user();
  const start = async (request: Partial<RunRequest> = {}) =>
    (await createRun(context, owner, runRequest(request))).runId;
  const run = (runId: string) => getRun(context, owner, runId);
  const fail = (runId: string, message = 'Cancelled by its owner') =>
    failRun(db, runId, message, context.now());
  const continueAs = (how: 'resume' | 'retry', id: string, request: Partial<ContinueRequest> = {}) =>
    continueRun(context, owner, how, { id, oracleHeaders: {}, githubToken: null, ...request });
  const replaysOf = (runId: string) =>
    db
      .select()
      .from(verificationReplays)
      .where(eq(verificationReplays.runId, runId))
      .orderBy(asc(verificationReplays.position));
  const certificateOf = async (runId: string) =>
    getPublicCertificate(context, (await run(runId)).certificateId ?? '');
  /** Runs to completion and returns the certificate. */
  const complete = async (request: Partial<RunRequest> = {}) => {
    const runId = await start(request);
    await rig.pump();
    const { status, error } = await run(runId);
    expect([status, error]).toEqual(['COMPLETED', null]);
    return { runId, certificate: await certificateOf(runId) };
  };
  /** The calls made during `work`. */
  const callsDuring = async (work: () => Promise<unknown>) => {
    const before = rig.calls.length;
    await work();
    return rig.calls.slice(before);
  };
  return { ...rig, owner, start, run, fail, continueAs, replaysOf, certificateOf, complete, callsDuring };
};
export type OwnersRig = Awaited<ReturnType<typeof ownersRig>>;
