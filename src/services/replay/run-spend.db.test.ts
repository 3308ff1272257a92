import { expect, test } from 'vitest';
import type { RunRequest } from '#contracts/run-request.ts';
import { judgeSpend } from '#db/schema/replays.ts';
import type { Script } from '#testing/scripted-engine.ts';
import { runRequest, testWorkbench } from '#testing/workbench.ts';
import { getPublicCertificate } from '../certificate/get-public.ts';
import { continueRun } from '../run/continue.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';
import { listRuns } from '../run/list.ts';
import { foldSpend } from './run-spend.ts';

const bench = async (script: Script) => {
  const workbench = await testWorkbench(script);
  const owner = await workbench.user();
  const start = async (request: Partial<RunRequest> = {}) =>
    (await createRun(workbench.context, owner, runRequest({ judge: 'anthropic', ...request }))).runId;
  return { ...workbench, owner, start, run: (runId: string) => getRun(workbench.context, owner, runId) };
};

test('a run that ended says the calls, tokens and cost that its certificate says', async () => {
  const at = await bench({ costUsd: 0.3 });
  const runId = await at.start();
  await at.pump();
  const { usage, costUsd, certificateId } = await at.run(runId);
  const certified = (await getPublicCertificate(at.context, certificateId ?? '')).usage;
  expect({ ...usage, costUsd }).toEqual({ ...certified, costUsd: expect.closeTo(certified.costUsd ?? 0, 9) });
  expect(usage?.calls).toBe(18);
  expect(usage?.inputTokens).toBeGreaterThan(0);
  expect(usage?.outputTokens).toBeGreaterThan(0);
});

test('a resumed run says what the runs before it used with its own, and each in a list says its own account', async () => {
  const at = await bench({ costUsd: 0.3 });
  // Seven calls of 0.30 fit.
  const first = await at.start({ maxCostUsd: 2.2 });
  await at.pump();
  const { runId: second } = await continueRun(at.context, at.owner, 'resume', {
    id: first,
    oracleHeaders: {},
    githubToken: null,
    maxCostUsd: 100,
  });
  await at.pump();
  const { runs } = await listRuns(at.context, at.owner, { limit: 10, offset: 0 });
  const callsOf = (id: string) => runs.find(({ runId }) => runId === id)?.usage?.calls;
  expect([callsOf(first), callsOf(second)]).toEqual([7, 18]);
});

test('where some calls were not counted the usage is not measured, which folding does not change, and the cost is kept', async () => {
  const at = await bench({ costUsd: 0.3 });
  const runId = await at.start();
  await at.pump();
  await at.db.insert(judgeSpend).values({ runId, costUsd: 1, settled: true, createdAt: at.context.now() });
  const whole = await at.run(runId);
  expect(whole).toMatchObject({ usage: null, costUsd: expect.closeTo(18 * 0.3 + 1, 9) });
  // A call whose worker died is in neither.
  await at.db.insert(judgeSpend).values({ runId, costUsd: 5, settled: false });
  await foldSpend(at.db, runId);
  expect(await at.db.$count(judgeSpend)).toBe(1);
  expect(await at.run(runId)).toEqual({ ...whole, costUsd: expect.closeTo(whole.costUsd, 9) });
  await foldSpend(at.db, runId);
  expect(await at.run(runId)).toEqual({ ...whole, costUsd: expect.closeTo(whole.costUsd, 9) });
});
