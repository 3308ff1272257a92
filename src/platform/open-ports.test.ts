import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import type { RunConfig, RunSecrets } from '#contracts/run.ts';
import { type Standing, standings } from '#contracts/standing.ts';
import { startGitHubFake } from '#testing/fakes/github/github-fake.ts';
import { drawRequest, githubToken } from '#testing/rigs/github-rig.ts';
import { byReach, guardedFetch } from './network/guarded-fetch.ts';
import { noProxies } from './network/proxies.ts';
import { createEngine } from './open-ports.ts';
import { noMetrics } from './telemetry/metrics.ts';
import { createTracing } from './telemetry/tracing.ts';

// What a run may use of the installation is stated by its row, and the worker holds it to that.

const engineWith = async ({
  local,
  githubApiUrl = 'http://127.0.0.1:1',
}: {
  local: boolean;
  githubApiUrl?: string;
}) => {
  const guarded = byReach((reach) =>
    guardedFetch({ publicOnly: reach === 'public', allow: [], alwaysAllowedOrigins: [], proxies: noProxies }),
  );
  const engine = createEngine({
    githubApiUrl,
    githubServerUrl: githubApiUrl,
    repositoriesDir: tmpdir(),
    now: () => new Date(),
    githubToken,
    projectDir: process.cwd(),
    searchPath: process.env.PATH ?? '',
    local,
    pythonOracleDir: process.cwd(),
    pythonOracleNetwork: false,
    dataDir: tmpdir(),
    outboundAllow: [],
    demonstrationOracleUrl: 'http://127.0.0.1:1/',
    guarded,
    proxies: noProxies,
    extraAuthorities: null,
    judges: new Map(),
    judgePrices: {},
    metrics: noMetrics,
    tracing: createTracing(null),
    log: { warn: () => {} },
  });
  onTestFinished(async () => {
    await engine.close();
    await Promise.all([guarded.public.close(), guarded.private.close()]);
  });
  return engine;
};

const configOf = (standing: Standing, changes: Partial<RunConfig>): RunConfig => ({
  standing,
  source: { kind: 'github', owner: 'octo', name: 'widgets' },
  since: null,
  label: null,
  modelCutoff: null,
  seed: 's',
  seedSource: 'verifier',
  blinded: false,
  oracle: { type: 'http', url: null, headers: {} },
  oracleQuery: null,
  githubToken: null,
  judge: { provider: 'offline', model: 'offline-1', endpoint: null },
  agreement: null,
  variantsAuthor: null,
  maxCostUsd: null,
  economy: false,
  limit: 1,
  minReplays: 1,
  baselineReplays: 40,
  weights: { precision: 1, recall: 1, replyAccuracy: 1 },
  ...changes,
});

const noSecrets: RunSecrets = { githubToken: null, oracleUrl: null, oracleHeaders: {} };

const question = {
  pr: { id: '1', title: 'T', description: '', diff_content: '', files_changed: [] },
  follow_up_question: 'Q?',
};

test.each([true, false])(
  'only the owner’s run calls an oracle on loopback, and only in local mode (local: %s)',
  async (local) => {
    let calls = 0;
    const server = createServer((request, response) => {
      calls += 1;
      request.resume();
      response.setHeader('content-type', 'application/json').end('{"summary":"s"}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const engine = await engineWith({ local });
    for (const standing of standings)
      for (const host of ['127.0.0.1', 'localhost']) {
        const oracleUrl = `http://${host}:${port}/ask`;
        const config = configOf(standing, { oracle: { type: 'http', url: oracleUrl, headers: {} } });
        const before = calls;
        const outcome = await engine.oracle(config, { ...noSecrets, oracleUrl }, 'run').ask(question);
        const allowed = local && standing === 'owner';
        expect({ standing, host, kind: outcome.kind, called: calls > before }).toEqual({
          standing,
          host,
          kind: allowed ? 'answer' : 'failure',
          called: allowed,
        });
      }
  },
);

test('the operator’s GitHub token is not sent for a stranger’s run, whose own token is', async () => {
  const fake = await startGitHubFake({ token: githubToken });
  onTestFinished(() => fake.close());
  const engine = await engineWith({ local: true, githubApiUrl: fake.url });
  const sent = async (standing: Standing, own: string | null) => {
    fake.requests.length = 0;
    const source = engine.source(configOf(standing, {}), { ...noSecrets, githubToken: own });
    await source.draw(drawRequest).catch(() => {});
    expect(fake.requests.length).toBeGreaterThan(0);
    return fake.requests.every(({ authorization }) => authorization?.includes(githubToken));
  };
  expect(await sent('owner', null)).toBe(true);
  expect(await sent('listed', null)).toBe(true);
  expect(await sent('stranger', null)).toBe(false);
  expect(await sent('stranger', githubToken)).toBe(true);
});

test('a stranger’s run starts no program on this machine, whatever its row says', async () => {
  const engine = await engineWith({ local: true });
  const config = configOf('stranger', { oracle: { type: 'python', module: 'm', callable: 'c' } });
  expect(() => engine.oracle(config, noSecrets, 'run')).toThrow('stranger');
});
