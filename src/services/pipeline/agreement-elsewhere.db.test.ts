import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { verificationRuns } from '#db/schema/runs.ts';
import { openPolicy, runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { unavailable } from '#testing/rigs/scripted-engine.ts';
import { askingThrough } from '#verification/judges/judge.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import type { WorkerContext } from '../ground/context.ts';
import { createRun } from '../run/create.ts';

const endpoint = 'http://models.internal:8000';
const policy = {
  ...openPolicy,
  judges: { ...openPolicy.judges, chat: { model: 'model-1', endpoint, unavailable: null } },
};

/** Carries out a run whose agreement judge only some workers have. */
const carriedOut = async (hasChat: () => boolean, economy = false) => {
  const { context, pump, db, user, calls } = await testRig({});
  const { engine } = context;
  const worker: WorkerContext = {
    ...context,
    policy,
    engine: {
      ...engine,
      hasJudge: (provider) => provider !== 'chat' || hasChat(),
      judge: (choice, desk) => {
        // It has no batches: its calls are made at once.
        expect(desk === null || choice.provider === 'anthropic').toBe(true);
        return { ...engine.judge(choice, null), endpoint: choice.provider === 'chat' ? endpoint : null };
      },
    },
  };
  const { runId } = await createRun(
    worker,
    await user(),
    runRequest({ judge: 'anthropic', limit: 2, minReplays: 1, agreementSample: 1, economy }),
  );
  await pump({ onto: worker });
  const [run] = await db.select().from(verificationRuns).where(eq(verificationRuns.id, runId));
  expect(run?.status).toBe('COMPLETED');
  return { certificate: await getPublicCertificate(context, run?.certificateId ?? ''), calls };
};

test('a replay waits for a worker that has its agreement judge, and repeats no paid call', async () => {
  let looked = 0;
  const { certificate, calls } = await carriedOut(() => {
    looked += 1;
    return looked > 3;
  });
  expect(certificate.trust.agreement).toMatchObject({ provider: 'chat', endpoint, replays: 2 });
  expect(calls.filter((call) => call.startsWith('answer_key'))).toHaveLength(2);
});

test('an agreement judge that gives nothing but garbage is asked about five replays, and the run goes on', async () => {
  const { context, pump, db, user } = await testRig({});
  const { engine } = context;
  const asked: string[] = [];
  const worker: WorkerContext = {
    ...context,
    policy,
    engine: {
      ...engine,
      judge: (choice, desk) => {
        const judge = engine.judge(choice, desk);
        if (choice.provider !== 'chat') return judge;
        const garbled = askingThrough(judge, () => async ({ measure }) => {
          if (measure !== 'variants') asked.push(measure);
          return { ...unavailable(''), ok: false, fault: 'malformed', detail: '' };
        });
        return { ...garbled, endpoint };
      },
    },
  };
  const request = { judge: 'anthropic', limit: 9, minReplays: 1, agreementSample: 1 } as const;
  const { runId } = await createRun(worker, await user(), runRequest(request));
  await pump({ onto: worker });
  const [run] = await db.select().from(verificationRuns).where(eq(verificationRuns.id, runId));
  expect(run?.status).toBe('COMPLETED');
  // By hand: on each of five replays three measures, each asked for four times and once about a control.
  expect(asked).toHaveLength(5 * 3 * 5);
  const certificate = await getPublicCertificate(context, run?.certificateId ?? '');
  expect(certificate).toMatchObject({ replayCount: 9, trust: { agreement: { replays: 0, verdicts: null } } });
});

test('a run whose agreement judge no worker has ends without agreement, and its own scores stand', async () => {
  const { certificate } = await carriedOut(() => false);
  expect(certificate).toMatchObject({ replayCount: 2, judge: 'anthropic' });
  expect(certificate.trust.agreement).toMatchObject({
    provider: 'chat',
    model: 'model-1',
    replays: 0,
    verdicts: null,
  });
});

test('in economy mode an agreement judge without batches is asked at once', async () => {
  const { certificate } = await carriedOut(() => true, true);
  expect(certificate.trust.agreement).toMatchObject({ provider: 'chat', replays: 2 });
});
