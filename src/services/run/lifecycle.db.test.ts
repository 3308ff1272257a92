import { asc, eq } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { certificateSchema } from '#contracts/certificate.ts';
import { maxRunErrorLength } from '#contracts/errors.ts';
import type { OracleOutcome } from '#contracts/oracle.ts';
import { type RunRequest, runSchema } from '#contracts/run.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { judgeSpend, verificationReplays } from '#db/schema/replays.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import { createHandlers } from '#jobs/index.ts';
import { changeNumbers, drawOf, type Script, unavailable } from '#testing/scripted-engine.ts';
import { openPolicy, runRequest, testWorkbench } from '#testing/workbench.ts';
import { SourceError } from '#verification/sources/source.ts';
import { getPublicCertificate } from '../certificate/get-public.ts';
import type { Actor, WorkerContext } from '../context.ts';
import { createRun } from './create.ts';
import { getRun } from './get.ts';
import { failRun } from './transitions.ts';

type Workbench = Awaited<ReturnType<typeof testWorkbench>>;
let opened: Workbench[] = [];
afterEach(async () => {
  await Promise.all(opened.map((workbench) => workbench.close()));
  opened = [];
});

/** A workbench with this script, and a run that was just accepted. */
const started = async (script: Script = {}, request: Partial<RunRequest> = {}) => {
  const workbench = await testWorkbench(script);
  opened.push(workbench);
  const owner: Actor = await workbench.user();
  const { runId } = await createRun(workbench.context, owner, runRequest(request));
  const run = () => getRun(workbench.context, owner, runId);
  const replays = () =>
    workbench.db
      .select()
      .from(verificationReplays)
      .where(eq(verificationReplays.runId, runId))
      .orderBy(asc(verificationReplays.position));
  return { ...workbench, owner, runId, run, replays };
};

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
  const watched = await started(
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
  const { pump, run, context } = await started({
    oracle: async ({ pr }) => (pr.id === '3' ? oracleDown : undefined),
  });
  await pump();
  const { certificateId } = await run();
  const certificate = await getPublicCertificate(context, certificateId ?? '');
  expect(certificateSchema.parse(certificate)).toEqual(certificate);
  // By hand: the script's judge supports both claims of 2, surfaces 1 of 2 changes and gives the reply 0.75; the
  // third oracle call failed and counts 0. So precision 2/3, recall (0.5 + 0.5)/3, reply 1.5/3.
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
    ['3', 0, 'status: It answered 500.'],
  ]);
});

test('what cannot be ingested ends FAILED in the source’s words, with no certificate and no secret left', async () => {
  const { pump, run, db } = await started({
    draw: async () => {
      throw new SourceError(
        'not_found',
        'There is no repository owner/name, or it is private: give a token.',
      );
    },
  });
  await pump();
  expect(await run()).toMatchObject({
    status: 'FAILED',
    error: 'There is no repository owner/name, or it is private: give a token.',
    certificateId: null,
    progress: 0,
    total: 0,
  });
  expect(await db.$count(runSecrets)).toBe(0);
});

test('a failing pipeline ends FAILED with its message cut at 2,000 characters, never in the middle of one', async () => {
  const message = `${'x'.repeat(maxRunErrorLength - 1)}😀 and more`;
  const { pump, run } = await started({
    draw: async () => {
      throw new SourceError('invalid', message);
    },
  });
  await pump();
  const { status, error } = await run();
  expect(status).toBe('FAILED');
  expect(error).toBe('x'.repeat(maxRunErrorLength - 1));
});

test('a passing fault of the source is tried again, and shown only if it outlasts the attempts', async () => {
  let faults = 1;
  const flaky: Script = {
    draw: async ({ limit }) => {
      faults -= 1;
      if (faults >= 0) throw new SourceError('rate_limited', 'GitHub asks to wait.', { retryable: true });
      return drawOf(changeNumbers(limit));
    },
  };
  const first = await started(flaky);
  await first.pump();
  expect(await first.run()).toMatchObject({ status: 'COMPLETED', error: null });
  faults = 100;
  const second = await started(flaky);
  await second.pump({ attempts: 3 });
  expect(faults).toBe(97);
  expect(await second.run()).toMatchObject({ status: 'FAILED', error: 'GitHub asks to wait.' });
});

test('a source out of reach is waited for a minute, not for all attempts of the queue', async () => {
  const unreachable = await started({
    draw: async () => {
      unreachable.wait(25_000);
      throw new SourceError('unreachable', 'git.example does not answer.', { retryable: true });
    },
  });
  await unreachable.pump({ attempts: 25 });
  expect(unreachable.calls).toEqual(['draw', 'draw', 'draw']);
  expect(await unreachable.run()).toMatchObject({ status: 'FAILED', error: 'git.example does not answer.' });
});

test('a repository without a change that can serve fails its run', async () => {
  const { pump, run } = await started({ draw: async () => drawOf([]) });
  await pump();
  expect(await run()).toMatchObject({ status: 'FAILED', error: expect.stringContaining('no merged change') });
});

test('where ingestion is fine and no verdict can be had, the run ends FAILED and says why', async () => {
  const { pump, run } = await started({ judge: async () => unavailable('the key was refused (401)') });
  await pump();
  expect(await run()).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('the key was refused (401)'),
    certificateId: null,
    progress: 3,
    total: 3,
  });
});

test('a replay whose verdict cannot be had is left out of the means and counted, never scored 0', async () => {
  const { pump, run, context } = await started({
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

test('an oracle that never gave an HTTP answer fails its run: a wrong address is no verdict', async () => {
  const { pump, run } = await started({
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

/** No key is made for a change that quotes nothing of the diff. */
const noKey: NonNullable<Script['judge']> = async ({ measure }, { id }) =>
  measure === 'answer_key' && ['1', '2'].includes(id)
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
        retries: 0,
        latencyMs: 1,
        answer: { changes: [], question: null, verdicts: [] },
      }
    : undefined;

test('a change without an answer key is replaced by the next in order, before its oracle call', async () => {
  const { pump, run, replays, calls, context } = await started({
    judge: noKey,
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
  // One change in reserve for two that were replaced: the run does one replay less.
  expect(await run()).toMatchObject({ status: 'COMPLETED', progress: 2, total: 2 });
  const certificate = await getPublicCertificate(context, (await run()).certificateId ?? '');
  expect(certificate.counts).toMatchObject({ scored: 2, replaced: 2 });
});

test('a sample in which no change has an answer key fails', async () => {
  const { pump, run } = await started({ judge: noKey, draw: async () => drawOf(changeNumbers(2)) });
  await pump();
  expect(await run()).toMatchObject({ status: 'FAILED', progress: 0, total: 0 });
});

test('each job delivered twice, at the same time, changes nothing: one draw stored, one certificate', async () => {
  const { pump, run, db, replays } = await started();
  await pump({ deliveries: 2, attempts: 5 });
  expect(await run()).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
  expect(await replays()).toHaveLength(3);
  expect(await db.$count(verificationCertificates)).toBe(1);
});

test('each job delivered again after the run has ended changes nothing and calls nobody', async () => {
  const { pump, run, runId, replays, calls, context, db } = await started();
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

/** A context whose database dies, for good, in the `nth` transaction or write after now: a worker killed there. */
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

test('a worker killed between any two of its writes costs no call whose answer had been stored', async () => {
  for (let writes = 0; writes < 40; writes += 1) {
    const { pump, run, calls, context, replays, runId } = await started({}, { limit: 1, minReplays: 1 });
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
      ...(stored?.baseline ? ['parrot-precision:1', 'parrot-recall:1'] : []),
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
    await opened.pop()?.close();
    if (!doomed.died()) {
      // Every place has been tried: this worker got to the end.
      expect(writes).toBeGreaterThan(8);
      return;
    }
  }
  throw new Error('The worker writes more often than this test tries.');
}, 120_000);

test('no exception leaves a run unfinished, and none shows its words to the run', async () => {
  const broken = () => Promise.reject(new TypeError('secret of the stack'));
  const scripts: Script[] = [
    { draw: broken },
    { oracle: broken },
    { judge: broken },
    { judge: async (task) => (task.measure === 'precision' ? broken() : undefined) },
    { draw: async () => drawOf([...changeNumbers(1), ...changeNumbers(1)]) },
  ];
  for (const script of scripts) {
    const { pump, run, logged, queued, db } = await started(script);
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

test('an exception in one replay leaves that one out, unscored', async () => {
  const { pump, run, context } = await started({
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

test('a run that ended while its replay was worked on stays as it ended', async () => {
  const cancelled = await started({
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

test('a changed secrets key fails the run with words for its owner', async () => {
  const { pump, run, context } = await started();
  const other = await testWorkbench();
  opened.push(other);
  await pump({ onto: { ...context, secretBox: other.context.secretBox } });
  expect(await run()).toMatchObject({ status: 'FAILED', error: expect.stringContaining('secrets key') });
});

test('planted secrets are in no table and no log, after the start and after the end, also where an oracle says them back', async () => {
  const planted = /planted/;
  const request = {
    oracleUrl: 'https://oracle.example/ask?key=planted-query-key',
    oracleHeaders: { Authorization: 'Bearer planted-header-token' },
    githubToken: 'ghp_planted_token',
  };
  const echo: Script = {
    oracle: async (_request, secrets) => ({
      kind: 'answer',
      answer: {
        summary: `I was called at ${secrets.oracleUrl} with ${secrets.oracleHeaders.Authorization}.`,
        keyClaims: [{ claim: `The token is ${secrets.githubToken}\0`, confidence: null }],
        followUpResponse: 'planted-header-token \ud800',
      },
      latencyMs: 1,
      retries: 0,
    }),
  };
  const throwing: Script = {
    oracle: async (_request, secrets) => {
      throw new Error(`fetch failed: ${secrets.oracleUrl} ${JSON.stringify(secrets.oracleHeaders)}`);
    },
  };
  const refused: Script = {
    draw: async (_config, secrets) => {
      throw new SourceError('unauthorized', `Bad credentials: ${secrets.githubToken}`);
    },
  };
  for (const script of [echo, throwing, refused]) {
    const workbench = await started(script, request);
    expect(await workbench.dump()).not.toMatch(planted);
    await workbench.pump();
    expect((await workbench.run()).status).toBe(script === echo ? 'COMPLETED' : 'FAILED');
    expect(await workbench.dump()).not.toMatch(planted);
    expect(JSON.stringify(workbench.logged)).not.toMatch(planted);
    expect(await workbench.db.$count(runSecrets)).toBe(0);
  }
});

const judgeCalls = (calls: string[]) =>
  calls.filter((call) => !call.startsWith('oracle') && !['draw', 'end'].includes(call));

test('what the paid judge costs is booked call by call, and a day’s limit stops the run before it is overrun', async () => {
  const { pump, run, db, context, calls } = await started({ costUsd: 0.3 }, { judge: 'anthropic' });
  // Seven calls of 0.3 dollars fit below 2.2, an eighth does not.
  await pump({ onto: { ...context, policy: { ...openPolicy, maxCostUsdPerDay: 2.2 } } });
  expect(judgeCalls(calls)).toHaveLength(7);
  expect(await db.$count(judgeSpend)).toBe(7);
  expect(await run()).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('MAX_COST_USD_PER_DAY'),
    costUsd: expect.closeTo(2.1, 9),
  });
});

test('of a private repository no title, id or range reaches the certificate', async () => {
  const { pump, run, db, context } = await started({
    draw: async ({ limit }) => ({ ...drawOf(changeNumbers(limit, 901)), private: true }),
  });
  await pump();
  const { certificateId } = await run();
  const certificate = await getPublicCertificate(context, certificateId ?? '');
  // Standing alone: random ids may hold these digits.
  expect(JSON.stringify(certificate)).not.toMatch(
    /(?<![\w.-])90[123](?![\w.-])|owner\/name|abc\.\.def|retryLimit/,
  );
  const [stored] = await db.select().from(verificationRuns);
  expect(stored?.certificateId).toBe(certificateId);
});

test('while ground truth is fetched the run says what is waited for, without its secrets, and no longer afterwards', async () => {
  const seen: (string | null)[] = [];
  const watched = await started(
    {
      draw: async (config, _secrets, request) => {
        request.onProgress?.('Waiting for GitHub’s limit until 14:05 UTC with planted-token');
        await expect.poll(async () => (await watched.run()).activity).not.toBeNull();
        seen.push((await watched.run()).activity);
        return drawOf(changeNumbers(config.limit));
      },
    },
    { limit: 2, minReplays: 2, githubToken: 'planted-token' },
  );
  await watched.pump();
  expect(seen).toEqual(['Waiting for GitHub’s limit until 14:05 UTC with [REDACTED]']);
  expect((await watched.run()).activity).toBeNull();
});

test('the oracle of a blinded run learns neither repository, number nor author, and its certificate says so', async () => {
  const asked: string[] = [];
  const { pump, run, context } = await started(
    {
      oracle: async (request) => {
        asked.push(JSON.stringify(request));
        return undefined;
      },
      draw: async () =>
        drawOf(
          changeNumbers(2, 142).map((change) => ({
            ...change,
            description: `By @ada in owner/name#${change.id}, see https://github.com/owner/name/pull/${change.id}`,
          })),
        ),
    },
    { limit: 2, minReplays: 2, blinded: true },
  );
  await pump();
  expect(asked).toHaveLength(2);
  for (const text of asked) expect(text).not.toMatch(/owner\/name|@ada|"id":"14[23]"|github\.com/);
  const { certificateId } = await run();
  expect((await getPublicCertificate(context, certificateId ?? '')).draw.blinded).toBe(true);
});
