import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { verificationRuns } from '#db/schema/runs.ts';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import type { WorkerContext } from '../ground/context.ts';
import { continueRun } from '../run/continue.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';
import { judgedByTwoVersions, judgedElsewhere } from './prompt-version.ts';
import { failRun } from './transitions.ts';

const earlier = 'e'.repeat(64);
const later = 'f'.repeat(64);

/** The same workers after an update of their prompts. */
const withPrompts = (context: WorkerContext, promptDigest: string): WorkerContext => ({
  ...context,
  engine: {
    ...context.engine,
    judge: (...choice) => ({ ...context.engine.judge(...choice), promptDigest }),
  },
});

const started = async () => {
  let stopsAt: string | null = '2';
  const rig = await testRig({
    oracle: async ({ pr }) => {
      if (pr.id === stopsAt) await failRun(rig.db, runId, 'Stopped', rig.context.now());
      return undefined;
    },
  });
  const { context, pump } = rig;
  const owner = await rig.user();
  const { runId } = await createRun(context, owner, runRequest());
  await pump({ onto: withPrompts(context, earlier) });
  stopsAt = null;
  const continueAs = async (how: 'resume' | 'retry') => {
    const request = { id: runId, oracleHeaders: {}, githubToken: null };
    const next = await continueRun(context, owner, how, request);
    await pump({ onto: withPrompts(context, later) });
    return getRun(context, owner, next.runId);
  };
  return { context, continueAs };
};

test('a run whose prompts changed midway is not certified, and says what to do', async () => {
  const { continueAs } = await started();
  expect(await continueAs('resume')).toMatchObject({ status: 'FAILED', error: judgedByTwoVersions });
});

test('a new attempt is judged with the new prompts, and its certificate names them', async () => {
  const { context, continueAs } = await started();
  const { status, certificateId } = await continueAs('retry');
  expect(status).toBe('COMPLETED');
  const certificate = await getPublicCertificate(context, certificateId ?? '');
  expect(certificate.promptDigest).toBe(later);
});

test.each(['judge', 'agreement'] as const)(
  'a run whose %s was moved to another endpoint is not judged there, and says what to do',
  async (which) => {
    const { context, pump, db, user } = await testRig({});
    const chat = { model: 'model-1', endpoint: 'http://one.internal', unavailable: null };
    const policy = { ...context.policy, judges: { ...context.policy.judges, chat } };
    const { runId } = await createRun(
      { ...context, policy },
      await user(),
      runRequest(
        which === 'judge'
          ? { judge: 'chat' }
          : { judge: 'anthropic', agreementSample: 1, agreementJudge: 'chat' },
      ),
    );
    const judge: WorkerContext['engine']['judge'] = (choice, desk) => ({
      ...context.engine.judge(choice, desk),
      endpoint: choice.provider === 'chat' ? 'http://two.internal' : null,
    });
    await pump({ onto: { ...context, policy, engine: { ...context.engine, judge } } });
    const [run] = await db.select().from(verificationRuns).where(eq(verificationRuns.id, runId));
    expect(run).toMatchObject({ status: 'FAILED', error: judgedElsewhere({ provider: 'chat' }) });
    expect(run?.error).toContain('CHAT_JUDGE_URL');
  },
);
