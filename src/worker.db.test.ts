import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inArray, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { createSecretBox } from '#platform/secret-box.ts';
import { openCollector } from '#platform/telemetry/collector.ts';
import { createTracing } from '#platform/telemetry/tracing.ts';
import { openSender } from '#queue/pg-boss.ts';
import { postRun } from '#rest/runs.ts';
import { startAnthropicFake } from '#testing/fakes/anthropic/anthropic-fake.ts';
import { type ReceivedSpan, startCollectorFake } from '#testing/fakes/collector/collector-fake.ts';
import { startGitHubFake } from '#testing/fakes/github/github-fake.ts';
import { fakeRepository } from '#testing/fakes/github/repository.ts';
import { describeChange, startOracleFake } from '#testing/fakes/oracles/http-fake.ts';
import { childEnvironment } from '#testing/rigs/child-environment.ts';
import { openPolicy, openRig } from '#testing/rigs/engine-rig.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { authOf } from '#testing/rigs/open-to-all.ts';

/** Each secret holds this word, and nothing else does. */
const planted = /planted/i;
const githubToken = 'ghp_planted0123456789abcdef';
const apiKey = 'sk-ant-planted-0123456789';
const metricsToken = 'planted-metrics-token-0123';

/** What a whole run leaves behind after a separate worker carried it out, sent in through the REST interface. */
type Traces = { spans: ReceivedSpan[]; raw: string };
let left: {
  runId: string;
  status: string;
  log: string;
  metrics: string;
  jobs: string;
  database: string;
} & Traces;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const collector = await startCollectorFake();
  const github = await startGitHubFake({ token: githubToken });
  github.repositories.push(fakeRepository({ count: 4 }));
  const anthropic = await startAnthropicFake({ apiKey });
  // It repeats its secrets, in one answer and in one error.
  const oracle = await startOracleFake((request, count) => {
    const said = JSON.stringify(oracle.requests.at(-1)?.headers) + oracle.requests.at(-1)?.url;
    // A status that is not asked again.
    if (count === 0) return { kind: 'status', status: 500, body: said };
    const answer = describeChange(request);
    return { kind: 'answer', answer: { ...answer, summary: `${answer.summary} ${said}` } };
  });
  const rig = await openRig();
  const { db, database, context } = rig;
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-worker-'));
  const secretsKey = randomBytes(32);
  const { tracer, close: closeTracer } = openCollector(collector.url, 'web', () => {});
  const tracing = createTracing(tracer);
  const queue = openSender(db, tracing.traceparent);
  closing.push(rig.close, github.close, anthropic.close, oracle.close, collector.close, () =>
    rm(dataDir, { recursive: true, force: true }),
  );

  const port = await freePort();
  const worker = spawn(process.execPath, [join(import.meta.dirname, 'worker.ts')], {
    env: {
      ...childEnvironment,
      DATABASE_URL: database.databaseUrl,
      DATA_DIR: dataDir,
      SECRETS_KEY: secretsKey.toString('hex'),
      LOG_KEY: randomBytes(32).toString('hex'),
      SIGNING_KEY: randomBytes(32).toString('hex'),
      GITHUB_API_URL: github.url,
      GITHUB_SERVER_URL: github.url,
      GITHUB_TOKEN: 'ghp_planted_of_the_installation',
      ANTHROPIC_API_KEY: apiKey,
      ANTHROPIC_BASE_URL: anthropic.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=planted-collector-key',
      METRICS_PORT: String(port),
      METRICS_TOKEN: metricsToken,
      LOG_LEVEL: 'debug',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [worker.stdout, worker.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  closing.unshift(async () => void worker.kill('SIGKILL'));

  // The oracle is on loopback, which only the installation's owner may call.
  const actor = await rig.user({ provider: 'local', subject: 'owner' });
  const token = await fullToken(context, actor);
  const services = {
    ...context,
    sender: queue.sender,
    secretBox: createSecretBox(secretsKey),
    tracing,
    policy: { ...openPolicy, defaultJudge: 'anthropic' as const },
    now: () => new Date(),
  };
  const auth = authOf(services);
  const response = await postRun(
    { services, auth },
    new Request('http://127.0.0.1:3000/api/v1/verification/runs', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        repo_url: 'https://github.com/octo/widgets',
        construct_id: 'alpha',
        oracle_url: `${oracle.url}?key=planted-query-key`,
        oracle_headers: { Authorization: 'Bearer planted-header-token' },
        github_token: githubToken,
        limit: 2,
        min_replays: 2,
      }),
    }),
  );
  const { run_id: runId } = (await response.json()) as { run_id: string };
  const jobsNow = async () => {
    const rows = await db.execute<{ row: string }>(sql`select j::text as row from pgboss.job j`);
    return rows.map(({ row }) => row).join('\n');
  };
  const queued = await jobsNow();
  // A job ends shortly after its effects can be seen.
  await vi.waitUntil(
    async () =>
      (await db.$count(verificationRuns, inArray(verificationRuns.status, ['COMPLETED', 'FAILED']))) > 0 &&
      (await db.execute(sql`select from pgboss.job where state in ('created', 'retry', 'active')`)).length ===
        0,
    { timeout: 120_000, interval: 100 },
  );
  const scraped = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${metricsToken}` },
  });
  const metrics = await scraped.text();
  worker.kill('SIGTERM');
  await once(worker, 'close');
  await closeTracer();
  await queue.close();
  const [run] = await db.select().from(verificationRuns);
  left = {
    runId,
    status: run?.status ?? '',
    log,
    metrics,
    jobs: `${queued}\n${await jobsNow()}`,
    database: await rig.dump(),
    spans: collector.spans,
    raw: collector.raw(),
  };
});
afterAll(async () => {
  for (const close of closing) await close();
});

test('a run leaves neither its own secrets nor the installation’s in traces, metrics, logs, jobs or evidence', () => {
  expect(left.status).toBe('COMPLETED');
  const { raw, metrics, log, jobs, database } = left;
  for (const text of [raw, metrics, log, jobs, database]) {
    expect(text.length).toBeGreaterThan(500);
    expect(text).not.toMatch(planted);
  }
  // Nor is there where a call went, or what it said.
  expect(raw).not.toMatch(/https?:|127\.0\.0\.1|octo|widgets|alpha|file\d\.ts/);
});

test('one trace leads from the request through its jobs to each outgoing call, with the run’s id', () => {
  const { spans, runId } = left;
  const request = spans.find(({ name }) => name === 'POST /api/v1/verification/runs');
  const parentOf = (span: ReceivedSpan | undefined) =>
    spans.find(({ spanId }) => spanId === span?.parentSpanId);
  const chainOf = (name: string) => {
    const chain: string[] = [];
    for (let span = spans.find((one) => one.name === name); span !== undefined; span = parentOf(span))
      chain.push(span.name);
    return chain;
  };
  const ingestion = ['job ingest-run', 'POST /api/v1/verification/runs'];
  expect(chainOf('GitHub call')).toEqual(['GitHub call', ...ingestion]);
  for (const call of ['oracle call', 'judge call'])
    expect(chainOf(call)).toEqual([call, 'job score-replay', ...ingestion]);
  expect(chainOf('job certify-run')).toEqual(['job certify-run', 'job score-replay', ...ingestion]);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([request?.traceId]));
  for (const span of spans.filter(({ name }) => !name.startsWith('POST')))
    expect(span.attributes['run.id']).toBe(runId);
  const judged = spans.find(({ name }) => name === 'judge call');
  expect(judged?.attributes).toMatchObject({ 'judge.model': 'claude-sonnet-5-5', outcome: 'answer' });
  const failures = spans.flatMap(({ failure }) => (failure ? [failure] : []));
  expect(failures).toEqual(['The oracle gave no answer.']);
  expect(judged?.attributes['replay.id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('each status of a run is one line of the log, with its id, its trace and the time it took', () => {
  const lines = left.log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const steps = lines.filter(({ msg }) => String(msg).startsWith('A run is'));
  expect(steps.map(({ status }) => status)).toEqual([
    'INGESTING',
    'INVOKING',
    'SCORING',
    'CERTIFYING',
    'COMPLETED',
  ]);
  for (const step of steps)
    expect(step).toMatchObject({
      runId: left.runId,
      traceId: left.spans[0]?.traceId,
      sinceCreatedMs: expect.any(Number),
    });
  expect(lines.filter(({ msg, job }) => msg === 'A job ended' && job === 'score-replay')).toHaveLength(2);
});

test('a worker’s metrics show queues, runs, phases, calls, tokens and cost', () => {
  const countOf = (series: string) =>
    Number(
      left.metrics
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')
        .at(-1),
    );
  expect(countOf('echelon_runs{status="COMPLETED"}')).toBe(1);
  expect(countOf('echelon_queue_jobs{queue="score-replay.anthropic",state="created"}')).toBe(0);
  expect(countOf('echelon_queue_jobs{queue="score-replay.anthropic",state="completed"}')).toBe(2);
  // One of two oracle calls failed, which leaves no verdicts to ask for but the three on the baseline.
  const phases = { answer_key: 2, oracle: 2, precision: 1, recall: 1, reply: 1, baseline: 6 };
  for (const [phase, count] of Object.entries(phases))
    expect(countOf(`echelon_replay_phase_seconds_count{phase="${phase}"}`)).toBe(count);
  for (const outcome of ['answer', 'status'])
    expect(countOf(`echelon_oracle_calls_total{type="http",outcome="${outcome}"}`)).toBe(1);
  expect(countOf('echelon_judge_calls_total{judge="anthropic",measure="answer_key",outcome="answer"}')).toBe(
    2,
  );
  expect(countOf('echelon_judge_tokens_total{model="claude-sonnet-5-5",kind="output"}')).toBeGreaterThan(0);
  expect(countOf('echelon_judge_cost_dollars_total{model="claude-sonnet-5-5"}')).toBeGreaterThan(0);
  expect(countOf('echelon_github_calls_total{outcome="2xx"}')).toBeGreaterThan(2);
  expect(left.metrics).toContain('echelon_process_cpu_seconds_total');
});
