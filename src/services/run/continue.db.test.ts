import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import type { ContinueRequest } from '#contracts/run.ts';
import { answerKeys, verificationReplays } from '#db/schema/replays.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import {
  interruptedRun,
  type OwnersWorkbench,
  ownersWorkbench,
  wholeReplay,
} from '#testing/interrupted-run.ts';
import { changeNumbers, drawOf, unavailable } from '#testing/scripted-engine.ts';
import { openPolicy } from '#testing/workbench.ts';
import { SourceError } from '#verification/sources/source.ts';
import { erasePrivateGroundTruths, privateRetentionMs } from '../ground-truth/erase-private.ts';
import { cancelRun } from './cancel.ts';
import { continueRun } from './continue.ts';
import { createSampleRun } from './create-sample.ts';

/** What a certificate says of scores and judge, without its own identity. */
const scoresOf = ({
  id: _i,
  createdAt: _c,
  usage: _u,
  usageByMeasure: _m,
  replayScores,
  ...rest
}: Certificate) => ({
  ...rest,
  replayScores: replayScores.map(({ id: _own, scoredAt: _at, ...score }) => score),
});

test('a resumed run has the same sample, seed and places, and asks nothing again whose answer was stored', async () => {
  const at = await interruptedRun({}, { seed: 'a-seed' });
  const before = await at.replaysOf(at.runId);
  const { runId } = await at.goOn('resume', at.runId);
  expect(await at.run(runId)).toMatchObject({
    progress: 1,
    total: 3,
    continuesRunId: at.runId,
    continuation: 'resume',
    constructId: 'construct',
    error: null,
  });
  const calls = await at.callsDuring(at.pump);
  // Of the second change the key was stored; what its oracle said came when the run had ended.
  expect(calls.toSorted()).toEqual(
    [...wholeReplay('2').filter((call) => call !== 'answer_key:2'), ...wholeReplay('3')].toSorted(),
  );
  const after = await at.replaysOf(runId);
  const places = (rows: typeof after) =>
    rows.map(({ position, groundTruthId, groundTruthDigest }) => [
      position,
      groundTruthId,
      groundTruthDigest,
    ]);
  expect(places(after)).toEqual(places(before));
  expect(after[0]).toMatchObject({ endedAt: before[0]?.endedAt, outcome: 'scored' });
  const rows = await at.db.select().from(verificationRuns);
  expect(new Set(rows.map(({ config }) => config.seed))).toEqual(new Set(['a-seed']));
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
  expect(await at.run(at.runId)).toMatchObject({
    status: 'FAILED',
    error: 'Cancelled by its owner',
    progress: 1,
    certificateId: null,
  });
});

test('the certificate of a run that was interrupted and resumed is that of an undisturbed one in every score', async () => {
  const request = { limit: 8, minReplays: 8, seed: 'a-seed', agreementSample: 0.5 };
  const at = await interruptedRun({}, request);
  const { runId } = await at.goOn('resume', at.runId);
  await at.pump();
  const undisturbed = await ownersWorkbench();
  const other = await undisturbed.start(request);
  await undisturbed.pump();
  expect(scoresOf(await at.certificateOf(runId))).toEqual(scoresOf(await undisturbed.certificateOf(other)));
});

test('interrupted at whatever step, a resumed run asks each question once in both runs together', async () => {
  const questions = wholeReplay('1').filter((call) => !call.startsWith('oracle'));
  for (const interruptedAt of questions) {
    let cancels = true;
    const at: OwnersWorkbench = await ownersWorkbench({
      judge: async () => {
        // The call was noted before this.
        if (cancels && at.calls.at(-1) === interruptedAt) {
          cancels = false;
          await at.fail(first);
        }
        return undefined;
      },
    });
    const first = await at.start({ limit: 1, minReplays: 1 });
    await at.pump();
    expect((await at.run(first)).status).toBe('FAILED');
    const stored = await at.replaysOf(first);
    const { runId } = await at.goOn('resume', first);
    const calls = await at.callsDuring(at.pump);
    expect(await at.run(runId), interruptedAt).toMatchObject({ status: 'COMPLETED', progress: 1, total: 1 });
    const keptSteps = Object.entries({
      answerKey: ['answer_key:1'],
      oracle: ['oracle:1'],
      precision: ['precision:1'],
      recall: ['recall:1'],
      reply: ['reply:1'],
      baseline: ['parrot-precision:1', 'parrot-recall:1'],
    }).flatMap(([step, names]) => (stored[0]?.[step as 'oracle'] ? names : []));
    // A key that was made when its run had ended is kept for others, this run's continuation among them, as are the
    // verdicts on the parrot.
    const shared = interruptedAt.startsWith('answer_key')
      ? ['answer_key:1']
      : interruptedAt.startsWith('parrot')
        ? ['parrot-precision:1', 'parrot-recall:1']
        : [];
    const missing = wholeReplay('1').filter((call) => !keptSteps.includes(call) && !shared.includes(call));
    expect(calls.toSorted(), interruptedAt).toEqual(missing.toSorted());
  }
});

test('what the verifier could not get is tried again when its run is resumed, and what was scored is not', async () => {
  let down = true;
  const at: OwnersWorkbench = await ownersWorkbench({
    judge: async ({ measure }, { id }) =>
      down && ((id === '1' && measure === 'recall') || (id === '2' && measure === 'answer_key'))
        ? unavailable('no connection')
        : undefined,
    oracle: async ({ pr }) => {
      if (down && pr.id === '3') await at.fail(first);
      return undefined;
    },
  });
  const first = await at.start();
  await at.pump();
  expect((await at.replaysOf(first)).map(({ outcome }) => outcome)).toEqual(['unscored', 'unscored', null]);
  down = false;
  const { runId } = await at.goOn('resume', first);
  expect(await at.run(runId)).toMatchObject({ progress: 0, total: 3 });
  const calls = await at.callsDuring(at.pump);
  expect(calls.filter((call) => /:1$/.test(call)).toSorted()).toEqual([
    'parrot-precision:1',
    'parrot-recall:1',
    'recall:1',
  ]);
  expect(calls.filter((call) => /:2$/.test(call)).toSorted()).toEqual(wholeReplay('2').toSorted());
  expect(calls).not.toContain('answer_key:3');
  expect((await at.certificateOf(runId)).counts).toMatchObject({ scored: 3, unscored: 0 });
});

test('a verdict on the parrot, or a second judge’s, that could not be had is tried again too', async () => {
  let down = true;
  const at: OwnersWorkbench = await ownersWorkbench({
    judge: async (task, { id, title }) =>
      down && id === '1' && task.measure === 'recall' && task.summary.includes(title)
        ? unavailable('no connection')
        : undefined,
    oracle: async ({ pr }) => {
      if (down && pr.id === '2') await at.fail(first);
      return undefined;
    },
  });
  const first = await at.start({ limit: 2, minReplays: 2 });
  await at.pump();
  expect((await at.replaysOf(first))[0]).toMatchObject({ outcome: 'scored' });
  down = false;
  const { runId } = await at.goOn('resume', first);
  const calls = await at.callsDuring(at.pump);
  expect(calls.filter((call) => /:1$/.test(call)).toSorted()).toEqual([
    'parrot-precision:1',
    'parrot-recall:1',
  ]);
  expect((await at.certificateOf(runId)).trust?.baseline?.replays).toBe(2);
});

test('an oracle that was never reached is called again; one failure among answers stays its failure', async () => {
  let address: 'wrong' | 'right' = 'wrong';
  const noConnection = {
    kind: 'failure',
    reason: 'connection',
    detail: 'Nothing listens there.',
    httpAnswered: false,
    latencyMs: 3,
    retries: 2,
  } as const;
  const at = await ownersWorkbench({ oracle: async () => (address === 'wrong' ? noConnection : undefined) });
  const first = await at.start();
  await at.pump();
  expect((await at.run(first)).status).toBe('FAILED');
  address = 'right';
  const { runId } = await at.goOn('resume', first);
  const calls = await at.callsDuring(at.pump);
  expect(calls.filter((call) => call.startsWith('oracle'))).toEqual(['oracle:1', 'oracle:2', 'oracle:3']);
  expect(calls.filter((call) => call.startsWith('answer_key'))).toEqual([]);
  expect((await at.certificateOf(runId)).counts).toMatchObject({ scored: 3, oracleFailures: 0 });

  const mixed = await interruptedRun({
    oracle: async ({ pr }) => (pr.id === '1' ? noConnection : undefined),
    judge: async () => undefined,
  });
  const rows = await mixed.replaysOf(mixed.runId);
  await mixed.db
    .update(verificationReplays)
    .set({ oracle: { ...noConnection, reason: 'status', httpAnswered: true } })
    .where(eq(verificationReplays.id, rows[0]?.id ?? ''));
  const resumed = await mixed.goOn('resume', mixed.runId);
  expect(await mixed.callsDuring(mixed.pump)).not.toContain('oracle:1');
  expect((await mixed.certificateOf(resumed.runId)).counts).toMatchObject({ scored: 3, oracleFailures: 1 });
});

test('a run whose replays have all ended is certified at once', async () => {
  const at = await ownersWorkbench();
  const first = await at.start();
  const { engine } = at.context;
  // Certification alone cannot be carried out.
  const broken: typeof engine = {
    ...engine,
    judge: (choice, batches) => {
      if (at.calls.filter((call) => call.startsWith('parrot-recall')).length === 3)
        throw new TypeError('a bug');
      return engine.judge(choice, batches);
    },
  };
  await at.pump({ onto: { ...at.context, engine: broken } });
  expect(await at.run(first)).toMatchObject({ status: 'FAILED', progress: 3, total: 3 });
  const { runId } = await at.goOn('resume', first);
  expect(await at.run(runId)).toMatchObject({ status: 'CERTIFYING', progress: 3, total: 3 });
  expect(await at.queued()).toEqual([{ name: 'certify-run', data: { runId } }]);
  expect(await at.callsDuring(at.pump)).toEqual([]);
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', certificateId: expect.any(String) });
});

test('changes that were replaced stay replaced, and progress and total leave them out', async () => {
  const at = await interruptedRun(
    {
      draw: async () => drawOf(changeNumbers(3), changeNumbers(2, 4)),
      judge: async (task, { id }) =>
        id === '1' && task.measure === 'answer_key'
          ? {
              ok: true,
              model: 'offline-1',
              usage: {
                calls: 1,
                inputTokens: 1,
                cacheWriteTokens: 0,
                cacheReadTokens: 0,
                outputTokens: 1,
                costUsd: 0,
              },
              latencyMs: 1,
              retries: 0,
              answer: { changes: [], question: null, verdicts: [] },
            }
          : undefined,
    },
    {},
  );
  const { runId } = await at.goOn('resume', at.runId);
  expect(await at.run(runId)).toMatchObject({ progress: 0, total: 3 });
  await at.pump();
  expect((await at.replaysOf(runId)).map(({ groundTruthId, outcome }) => [groundTruthId, outcome])).toEqual([
    ['1', 'replaced'],
    ['2', 'scored'],
    ['3', 'scored'],
    ['4', 'scored'],
    ['5', null],
  ]);
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
});

test('a run is resumed once: the second time is refused and names the first, also at the same time', async () => {
  const at = await interruptedRun();
  const results = await Promise.allSettled([at.goOn('resume', at.runId), at.goOn('resume', at.runId)]);
  const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect([made.length, refused.length]).toEqual([1, 1]);
  expect(refused[0]).toMatchObject({
    code: 'BAD_REQUEST',
    message: expect.stringContaining(made[0]?.runId ?? 'none'),
  });
  await expect(at.goOn('resume', at.runId)).rejects.toThrow(made[0]?.runId);
  expect(await at.db.$count(verificationRuns)).toBe(2);
  await at.goOn('retry', at.runId);
  await at.goOn('retry', at.runId);
});

test('a resumed run that fails can be resumed in its turn, from where it came to', async () => {
  const at = await interruptedRun();
  const second = await at.goOn('resume', at.runId);
  await at.fail(second.runId);
  const third = await at.goOn('resume', second.runId);
  expect(await at.run(third.runId)).toMatchObject({ progress: 1, total: 3, continuesRunId: second.runId });
  await at.pump();
  expect((await at.run(third.runId)).status).toBe('COMPLETED');
  expect(at.calls.filter((call) => call.startsWith('answer_key'))).toHaveLength(3);
});

test('another’s run is not found, one that is running or completed is refused', async () => {
  const at = await ownersWorkbench();
  const stranger = await at.user();
  const runId = await at.start();
  const refusal = { code: 'BAD_REQUEST', message: expect.stringContaining('failed or was cancelled') };
  for (const how of ['resume', 'retry'] as const) {
    await expect(at.goOn(how, runId)).rejects.toMatchObject(refusal);
    const request = { id: runId, oracleHeaders: {}, githubToken: null };
    await expect(continueRun(at.context, stranger, how, request)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(at.goOn(how, 'not-an-id')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }
  await at.pump();
  for (const how of ['resume', 'retry'] as const)
    await expect(at.goOn(how, runId)).rejects.toMatchObject(refusal);
  expect(await at.db.$count(verificationRuns)).toBe(1);
});

test('what the verb refuses is what the run says that cannot be done with it', async () => {
  const at = await ownersWorkbench();
  const { runId: sample } = await createSampleRun(at.context, at.owner);
  await at.fail(sample);
  expect((await at.run(sample)).can).toEqual({ cancel: false, resume: false, retry: false });
  await expect(at.goOn('resume', sample)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  await expect(at.goOn('retry', sample)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  const early = await at.start();
  await at.fail(early);
  expect((await at.run(early)).can).toEqual({ cancel: false, resume: false, retry: true });
  await expect(at.goOn('resume', early)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test('headers that are missing are named, ones that the run did not have and another oracle’s address are refused', async () => {
  const at = await interruptedRun(
    {},
    {
      oracleUrl: 'https://oracle.example/ask?key=planted-query-key',
      oracleHeaders: {
        Authorization: 'Bearer planted-header',
        'X-Tenant': 'planted-tenant',
        constructor: 'planted',
      },
    },
  );
  const headers = {
    Authorization: 'Bearer planted-header-two',
    'X-Tenant': 'planted-t',
    constructor: 'planted-c',
  };
  const resume = (request: Partial<ContinueRequest>) => at.goOn('resume', at.runId, request);
  await expect(resume({ oracleHeaders: { Authorization: 'x' } })).rejects.toMatchObject({
    fields: [{ path: 'oracleHeaders', message: expect.stringContaining('X-Tenant, constructor') }],
  });
  await expect(resume({ oracleHeaders: { ...headers, 'X-New': 'x' } })).rejects.toMatchObject({
    fields: [{ path: 'oracleHeaders', message: expect.stringContaining('X-New') }],
  });
  for (const oracleUrl of [
    'https://other.example/ask',
    'https://oracle.example/other',
    'http://oracle.example/ask',
  ])
    await expect(resume({ oracleHeaders: headers, oracleUrl })).rejects.toMatchObject({
      fields: [{ path: 'oracleUrl', message: expect.stringContaining('https://oracle.example/ask') }],
    });
  // The address had a query, which was erased with the other secrets.
  await expect(resume({ oracleHeaders: headers })).rejects.toMatchObject({
    fields: [{ path: 'oracleUrl', message: expect.stringContaining('query') }],
  });
  const closed = { ...at.context, checkOracleUrl: async () => 'It is inside this network.' };
  await expect(
    continueRun(closed, at.owner, 'resume', {
      id: at.runId,
      oracleUrl: 'https://oracle.example/ask?key=planted-again',
      oracleHeaders: headers,
      githubToken: null,
    }),
  ).rejects.toMatchObject({ fields: [{ path: 'oracleUrl', message: 'It is inside this network.' }] });
  expect(await at.db.$count(verificationRuns)).toBe(1);
  expect(await at.db.$count(runSecrets)).toBe(0);
});

test('the secrets given again are sealed for the new run, reach its oracle, and are erased at its end', async () => {
  const seen: unknown[] = [];
  const at = await interruptedRun(
    {
      oracle: async (_request, secrets) => {
        seen.push(secrets);
        return undefined;
      },
    },
    { oracleHeaders: { Authorization: 'Bearer planted-one' } },
  );
  expect(await at.db.$count(runSecrets)).toBe(0);
  const given = {
    oracleUrl: 'https://oracle.example/ask?key=planted-query',
    oracleHeaders: { Authorization: 'Bearer planted-two' },
    githubToken: 'planted-token',
  };
  const { runId } = await at.goOn('resume', at.runId, given);
  const [box] = await at.db.select().from(runSecrets);
  expect(box?.runId).toBe(runId);
  expect(at.context.secretBox.open(runId, box?.sealed ?? '')).toEqual(given);
  expect(await at.dump()).not.toMatch(/planted/);
  seen.length = 0;
  await at.pump();
  expect(seen).toEqual([given, given]);
  expect(await at.db.$count(runSecrets)).toBe(0);
  expect(await at.dump()).not.toMatch(/planted/);
});

test('whoever may start no run may go on with none', async () => {
  const at = await interruptedRun();
  const off = { ...at.context, policy: { ...openPolicy, engineEnabled: false } };
  const request = { id: at.runId, oracleHeaders: {}, githubToken: null };
  for (const how of ['resume', 'retry'] as const)
    await expect(continueRun(off, at.owner, how, request)).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
});

test('a run that cannot be gone on with as a whole leaves nothing behind', async () => {
  const at = await interruptedRun();
  const sender = { enqueue: () => Promise.reject(new Error('The queue is away.')) };
  const request = { id: at.runId, oracleHeaders: {}, githubToken: null };
  const before = await at.db.$count(verificationReplays);
  await expect(continueRun({ ...at.context, sender }, at.owner, 'resume', request)).rejects.toThrow('away');
  expect(await at.db.$count(verificationRuns)).toBe(1);
  expect(await at.db.$count(verificationReplays)).toBe(before);
  expect(await at.db.$count(runSecrets)).toBe(0);
});

test('a retried run has the same changes from the beginning, and of what was stored only the shared keys', async () => {
  const at = await interruptedRun(
    { draw: async () => drawOf(changeNumbers(3), changeNumbers(2, 4)) },
    { seed: 'a-seed' },
  );
  const { runId } = await at.goOn('retry', at.runId);
  expect(await at.run(runId)).toMatchObject({
    progress: 0,
    total: 3,
    continuesRunId: at.runId,
    continuation: 'retry',
  });
  const replays = await at.replaysOf(runId);
  expect(replays.map(({ groundTruthId, state }) => [groundTruthId, state])).toEqual([
    ['1', 'open'],
    ['2', 'open'],
    ['3', 'open'],
    ['4', 'reserve'],
    ['5', 'reserve'],
  ]);
  for (const { answerKey, oracle, precision, recall, reply, baseline, second, outcome } of replays)
    expect([answerKey, oracle, precision, recall, reply, baseline, second, outcome]).toEqual(
      Array.from({ length: 8 }, () => null),
    );
  const calls = await at.callsDuring(at.pump);
  const shared = ['answer_key:1', 'answer_key:2', 'parrot-precision:1', 'parrot-recall:1'];
  expect(calls.toSorted()).toEqual(
    ['1', '2', '3']
      .flatMap(wholeReplay)
      .filter((call) => !shared.includes(call))
      .toSorted(),
  );
  expect(await at.db.$count(answerKeys)).toBe(3);
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
});

test('a run that failed before its draw reads the repository again when it is retried, and needs its token again', async () => {
  let there = false;
  const tokens: (string | null)[] = [];
  const at = await ownersWorkbench({
    draw: async ({ limit }, { githubToken }) => {
      tokens.push(githubToken);
      if (!there) throw new SourceError('not_found', 'There is no repository owner/name.');
      return drawOf(changeNumbers(limit));
    },
  });
  const first = await at.start({ githubToken: 'the-first-token' });
  await at.pump();
  there = true;
  await expect(at.goOn('resume', first)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  await expect(at.goOn('retry', first)).rejects.toMatchObject({
    fields: [{ path: 'githubToken', message: expect.stringContaining('Give it again') }],
  });
  const { runId } = await at.goOn('retry', first, { githubToken: 'the-second-token' });
  expect(await at.run(runId)).toMatchObject({ status: 'PENDING', progress: 0, total: 0 });
  await at.pump();
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
  expect(tokens).toEqual(['the-first-token', 'the-second-token']);
});

test('a run whose private ground truth was erased since is refused with words', async () => {
  const at = await interruptedRun({
    draw: async ({ limit }) => ({ ...drawOf(changeNumbers(limit)), private: true }),
  });
  at.wait(privateRetentionMs + 1);
  await erasePrivateGroundTruths(at.context);
  for (const how of ['resume', 'retry'] as const)
    await expect(at.goOn(how, at.runId)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('erased since'),
    });
  expect(await at.db.$count(verificationRuns)).toBe(1);
});

test('a limit may be another one for the run that goes on', async () => {
  const at = await interruptedRun({}, { maxCostUsd: 5 });
  const same = await at.goOn('retry', at.runId);
  const other = await at.goOn('retry', at.runId, { maxCostUsd: 7 });
  expect([(await at.run(same.runId)).maxCostUsd, (await at.run(other.runId)).maxCostUsd]).toEqual([5, 7]);
  expect((await at.run(at.runId)).maxCostUsd).toBe(5);
  await cancelRun(at.context, at.owner, same.runId);
});

test('a resumption whose limit is not above what the attempt has spent is refused and names both amounts; a retry is not', async () => {
  const at = await interruptedRun({ costUsd: 0.5 }, { judge: 'anthropic', maxCostUsd: 20 });
  const spent = (await at.run(at.runId)).costUsd;
  expect(spent).toBeCloseTo(3.5, 9);
  for (const maxCostUsd of [2, spent])
    await expect(at.goOn('resume', at.runId, { maxCostUsd })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      fields: [
        {
          path: 'maxCostUsd',
          message: expect.stringMatching(maxCostUsd === 2 ? /\$3\.50 .*\$2\.00/ : /\$3\.50 .*\$3\.50/),
        },
      ],
    });
  const retried = await at.goOn('retry', at.runId, { maxCostUsd: 2 });
  await at.fail(retried.runId);
  const { runId } = await at.goOn('resume', at.runId, { maxCostUsd: spent + 0.5 });
  // What the runs that it goes on with have spent counts too.
  await at.fail(runId);
  await expect(at.goOn('resume', runId, { maxCostUsd: 3 })).rejects.toThrow('$3.50');
});
