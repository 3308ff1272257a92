import { expect, test } from 'vitest';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { runSecrets } from '#db/schema/runs.ts';
import { createHandlers } from '#jobs/index.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import { changeNumbers, drawOf, type Script } from '#testing/rigs/scripted-engine.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import type { WorkerContext } from '../ground/context.ts';
import { failRun } from '../state/transitions.ts';

test('each job delivered twice at once changes nothing: one draw stored, one certificate', async () => {
  const { pump, run, db, replays } = await startedRun();
  await pump({ deliveries: 2, tries: 5 });
  expect(await run()).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
  expect(await replays()).toHaveLength(3);
  expect(await db.$count(verificationCertificates)).toBe(1);
});

test('each job delivered again after the run has ended changes nothing and calls nobody', async () => {
  const { pump, run, runId, replays, calls, context, db } = await startedRun();
  await pump();
  const [before, made] = [await run(), calls.length];
  const { handlers, deadLetter } = createHandlers(context);
  const { signal } = new AbortController();
  await handlers['ingest-run']({ runId }, signal);
  for (const { id } of await replays()) {
    await handlers['score-replay']({ runId, replayId: id }, signal);
    await deadLetter({ name: 'score-replay', data: { runId, replayId: id } });
  }
  await handlers['certify-run']({ runId }, signal);
  await deadLetter({ name: 'certify-run', data: { runId } });
  await deadLetter({ name: 'ingest-run', data: { runId } });
  expect(await run()).toEqual(before);
  expect(calls).toHaveLength(made);
  expect(await db.$count(verificationCertificates)).toBe(1);
});

/** A context whose database dies for good in the `nth` transaction or write from now: a worker killed there. */
const dyingAfter = (context: WorkerContext, writes: number) => {
  let left = writes;
  let alive = true;
  const db = new Proxy(context.db, {
    get: (target, property, receiver) => {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (['transaction', 'update', 'insert', 'delete'].includes(String(property))) {
          left -= 1;
          if (left < 0) alive = false;
        }
        if (!alive) throw new Error('killed');
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { context: { ...context, db }, died: () => !alive };
};

test('a worker killed between any two of its writes repeats no call whose answer was stored', async () => {
  for (let writes = 0; writes < 40; writes += 1) {
    const { pump, run, calls, context, replays, runId, close } = await startedRun(
      {},
      { limit: 1, minReplays: 1 },
    );
    const doomed = dyingAfter(context, writes);
    const { handlers } = createHandlers(doomed.context);
    const { signal } = new AbortController();
    await handlers['ingest-run']({ runId }, signal).catch(() => {});
    for (const { id } of await replays())
      await handlers['score-replay']({ runId, replayId: id }, signal).catch(() => {});
    await handlers['certify-run']({ runId }, signal).catch(() => {});
    const [stored] = await replays();
    const done = [
      ...(stored ? ['draw'] : []),
      ...(stored?.answerKey ? ['answer_key:1'] : []),
      ...(stored?.oracle ? ['oracle:1'] : []),
      ...(['precision', 'recall', 'reply'] as const).flatMap((step) => (stored?.[step] ? [`${step}:1`] : [])),
      ...(stored?.baseline?.precision ? ['baseline-precision:1'] : []),
      ...(stored?.baseline?.recall ? ['baseline-recall:1'] : []),
      ...(stored?.baseline?.reply ? ['baseline-reply:1'] : []),
    ];
    const before = calls.length;
    await pump();
    expect(await run(), `killed at write ${writes}`).toMatchObject({
      status: 'COMPLETED',
      progress: 1,
      total: 1,
    });
    expect(
      calls.slice(before).filter((call) => done.includes(call)),
      `killed at write ${writes}`,
    ).toEqual([]);
    await close();
    if (!doomed.died()) {
      // Every place has been tried: this worker reached the end.
      expect(writes).toBeGreaterThan(8);
      return;
    }
  }
  throw new Error('The worker writes more often than this test tries.');
}, 600_000);

test('no exception leaves a run unfinished or shows its words on the run', async () => {
  const broken = () => Promise.reject(new TypeError('secret of the stack'));
  const scripts: Script[] = [
    { draw: broken },
    { oracle: broken },
    { judge: broken },
    { judge: async (task) => (task.measure === 'precision' ? broken() : undefined) },
    { draw: async () => drawOf([...changeNumbers(1), ...changeNumbers(1)]) },
  ];
  for (const script of scripts) {
    const { pump, run, logged, queued, db } = await startedRun(script);
    await pump();
    const { status, error } = await run();
    expect(status).toBe('FAILED');
    const fault = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(error ?? '')?.[0];
    expect(fault).toBeDefined();
    expect(logged.map(({ details }) => details.fault)).toContain(fault);
    expect(error).not.toContain('secret of the stack');
    expect(await queued()).toEqual([]);
    expect(await db.$count(runSecrets)).toBe(0);
  }
});

test('an exception in one replay leaves only that replay unscored', async () => {
  const { pump, run, context } = await startedRun({
    oracle: async ({ pr }) => {
      if (pr.id === '2') throw new TypeError('a bug');
      return undefined;
    },
  });
  await pump();
  const certificate = await getPublicCertificate(context, (await run()).certificateId ?? '');
  expect(certificate.counts).toMatchObject({ scored: 2, unscored: 1, oracleFailures: 0 });
  expect(certificate.unscored[0]?.reason).toMatch(/internal fault/i);
});

test('a run that ended during work on a replay stays as it ended', async () => {
  const cancelled = await startedRun({
    oracle: async () => {
      await failRun(cancelled.db, cancelled.runId, 'Cancelled by its owner', new Date());
      return undefined;
    },
  });
  await cancelled.pump();
  expect(await cancelled.run()).toMatchObject({
    status: 'FAILED',
    error: 'Cancelled by its owner',
    progress: 0,
  });
  expect(cancelled.calls.filter((call) => call.startsWith('oracle'))).toHaveLength(1);
  expect(cancelled.logged).toEqual([]);
});
