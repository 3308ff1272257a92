import { expect, test } from 'vitest';
import { publishedCertificateSchema } from '#contracts/certificate-standing.ts';
import type { OracleOutcome } from '#contracts/oracle.ts';
import { runSchema } from '#contracts/run.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import { openPolicy } from '#testing/rigs/engine-rig.ts';
import { changeNumbers, drawOf, noAnswerKeyFor, unavailable } from '#testing/rigs/scripted-engine.ts';
import { getPublicCertificate } from '../certificate/get.ts';

const oracleDown: OracleOutcome = {
  kind: 'failure',
  reason: 'status',
  detail: 'It answered 500.',
  httpAnswered: true,
  latencyMs: 3,
  retries: 1,
};

test('a run goes PENDING → INGESTING → INVOKING → SCORING → CERTIFYING → COMPLETED with its certificate linked', async () => {
  const seen: string[] = [];
  const watch = async () => {
    const { status, progress, total } = await watched.run();
    seen.push(`${status} ${progress}/${total}`);
    return undefined;
  };
  const watched = await startedRun(
    {
      draw: async (config) => {
        await watch();
        return drawOf(changeNumbers(config.limit));
      },
      oracle: watch,
      judge: (task) => (task.measure === 'answer_key' ? watch() : Promise.resolve(undefined)),
    },
    { limit: 2, minReplays: 2 },
  );
  await watch();
  await watched.pump();
  await watch();
  expect(seen).toEqual([
    'PENDING 0/0',
    'INGESTING 0/0',
    'INGESTING 0/2',
    'INVOKING 0/2',
    'SCORING 1/2',
    'SCORING 1/2',
    'COMPLETED 2/2',
  ]);
  const run = await watched.run();
  expect(runSchema.parse(run)).toEqual(run);
  expect(run).toMatchObject({ error: null, certificateId: expect.any(String) });
  expect(await watched.queued()).toEqual([]);
});

test('every score of a certificate is within [0, 1], its Brier within [0, 0.5], and both follow from its replays', async () => {
  const { pump, run, context } = await startedRun({
    oracle: async ({ pr }) => (pr.id === '3' ? oracleDown : undefined),
  });
  await pump();
  const { certificateId } = await run();
  const certificate = await getPublicCertificate(context, certificateId ?? '');
  expect(publishedCertificateSchema.parse(certificate)).toEqual(certificate);
  // By hand: the script's judge supports both claims of 2, surfaces 1 of 2 changes and gives the reply 0.75; the
  // third oracle call failed and counts 0. So precision is 2/3, recall (0.5 + 0.5)/3, reply 1.5/3.
  expect(certificate).toMatchObject({
    constructId: 'construct',
    domain: 'community_oracle',
    replayCount: 3,
    sampleSize: 3,
    precision: 0.666667,
    recall: 0.333333,
    replyAccuracy: 0.5,
    compositeScore: 0.5,
    brier: 0.25,
    tier: 'UNVERIFIED',
    judge: 'offline',
    methodologyVersion: 'v1-preview',
    counts: { scored: 3, oracleFailures: 1, unscored: 0, replaced: 0 },
  });
  expect(
    certificate.replayScores.map((score) => [score.groundTruthId, score.precision, score.oracleFailure]),
  ).toEqual([
    ['1', 1, null],
    ['2', 1, null],
    ['3', 0, 'status'],
  ]);
});

test('if ingestion works and no verdict can be obtained, the run ends FAILED and says why', async () => {
  const { pump, run } = await startedRun({ judge: async () => unavailable('the key was refused (401)') });
  await pump();
  expect(await run()).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('the key was refused (401)'),
    certificateId: null,
    progress: 3,
    total: 3,
  });
});

test('a replay whose verdict cannot be obtained is left out of the means and counted, never scored 0', async () => {
  const { pump, run, context } = await startedRun({
    judge: async (task, { id }) =>
      id === '2' && task.measure === 'recall' ? unavailable('no connection') : undefined,
  });
  await pump();
  const certificate = await getPublicCertificate(context, (await run()).certificateId ?? '');
  expect(certificate.counts).toMatchObject({ scored: 2, unscored: 1 });
  expect(certificate).toMatchObject({ precision: 1, recall: 0.5, provisional: true });
  expect(certificate.unscored).toEqual([
    { groundTruthId: '2', reason: expect.stringContaining('no connection') },
  ]);
});

test('an oracle that never gave an HTTP response fails its run: a wrong address is no verdict', async () => {
  const { pump, run } = await startedRun({
    oracle: async () => ({
      ...oracleDown,
      reason: 'connection',
      detail: 'Nothing listens there.',
      httpAnswered: false,
    }),
  });
  await pump();
  expect(await run()).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('check the oracle’s URL'),
  });
});

test('a change without an answer key is replaced by the next in order, before its oracle call', async () => {
  const { pump, run, replays, calls, context } = await startedRun({
    judge: noAnswerKeyFor('1', '2'),
    draw: async () => drawOf(changeNumbers(3), changeNumbers(1, 4)),
  });
  await pump();
  expect((await replays()).map(({ groundTruthId, outcome }) => [groundTruthId, outcome])).toEqual([
    ['1', 'replaced'],
    ['2', 'replaced'],
    ['3', 'scored'],
    ['4', 'scored'],
  ]);
  expect(calls.filter((call) => call.startsWith('oracle'))).toEqual(['oracle:3', 'oracle:4']);
  // One change in reserve for two that were replaced: the run has one replay less.
  expect(await run()).toMatchObject({ status: 'COMPLETED', progress: 2, total: 2 });
  const certificate = await getPublicCertificate(context, (await run()).certificateId ?? '');
  expect(certificate.counts).toMatchObject({ scored: 2, replaced: 2 });
});

test('a sample in which no change has an answer key fails', async () => {
  const { pump, run } = await startedRun({
    judge: noAnswerKeyFor('1', '2'),
    draw: async () => drawOf(changeNumbers(2)),
  });
  await pump();
  expect(await run()).toMatchObject({ status: 'FAILED', progress: 0, total: 0 });
});

const judgeCalls = (calls: string[]) =>
  calls.filter((call) => !call.startsWith('oracle') && !['draw', 'end'].includes(call));

test('the paid judge’s cost is booked call by call, and the day’s limit stops the run before it is exceeded', async () => {
  const { pump, run, db, context, calls } = await startedRun({ costUsd: 0.3 }, { judge: 'anthropic' });
  // Seven calls of 0.3 dollars fit below 2.2; an eighth does not.
  await pump({ onto: { ...context, policy: { ...openPolicy, maxCostUsdPerDay: 2.2 } } });
  expect(judgeCalls(calls)).toHaveLength(7);
  expect(await db.$count(judgeSpend)).toBe(7);
  expect(await run()).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('MAX_COST_USD_PER_DAY'),
    costUsd: expect.closeTo(2.1, 9),
  });
});
