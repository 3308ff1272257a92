import { asc, eq } from 'drizzle-orm';
import { expect } from 'vitest';
import type { ContinueRequest, RunRequest } from '#contracts/run-request.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { getPublicCertificate } from '#services/certificate/index.ts';
import { continueRun, createRun, getRun } from '#services/run/index.ts';
import { failRun } from '#services/state/transitions.ts';
import { runRequest, testWorkbench } from './engine-rig.ts';
import type { Script } from './scripted-engine.ts';

/** A workbench with an owner whose runs are started, ended before their time and gone on with. */
export const ownersWorkbench = async (script: Script = {}) => {
  const workbench = await testWorkbench(script);
  const { db, context } = workbench;
  const owner = await workbench.user();
  const start = async (request: Partial<RunRequest> = {}) =>
    (await createRun(context, owner, runRequest(request))).runId;
  const run = (runId: string) => getRun(context, owner, runId);
  const fail = (runId: string, message = 'Cancelled by its owner') =>
    failRun(db, runId, message, context.now());
  const goOn = (how: 'resume' | 'retry', id: string, request: Partial<ContinueRequest> = {}) =>
    continueRun(context, owner, how, { id, oracleHeaders: {}, githubToken: null, ...request });
  const replaysOf = (runId: string) =>
    db
      .select()
      .from(verificationReplays)
      .where(eq(verificationReplays.runId, runId))
      .orderBy(asc(verificationReplays.position));
  const certificateOf = async (runId: string) =>
    getPublicCertificate(context, (await run(runId)).certificateId ?? '');
  /** A run and the certificate that it has to come to. */
  const complete = async (request: Partial<RunRequest> = {}) => {
    const runId = await start(request);
    await workbench.pump();
    const { status, error } = await run(runId);
    expect([status, error]).toEqual(['COMPLETED', null]);
    return { runId, certificate: await certificateOf(runId) };
  };
  /** The calls made while `work` went on. */
  const callsDuring = async (work: () => Promise<unknown>) => {
    const before = workbench.calls.length;
    await work();
    return workbench.calls.slice(before);
  };
  return { ...workbench, owner, start, run, fail, goOn, replaysOf, certificateOf, complete, callsDuring };
};
export type OwnersWorkbench = Awaited<ReturnType<typeof ownersWorkbench>>;
