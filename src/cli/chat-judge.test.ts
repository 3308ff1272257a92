import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, expect, onTestFinished, test } from 'vitest';
import { answerPlausibly, measureOf } from '#testing/fakes/anthropic/answers.ts';
import {
  type CompletionsBehaviour,
  type CompletionsFakeOptions,
  startCompletionsFake,
} from '#testing/fakes/chat/completions-fake.ts';
import { keylessJudges, runCommand, runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { certificateOf, changes, modelAt, openVerifyRig } from '#testing/rigs/verify-rig.ts';
import { recomputeCertificate } from '#verification/certificate/recompute.ts';
import type { Settings } from './settings.ts';

const { folder, startOracle, startModel, closeServers, remove } = openVerifyRig();
afterEach(closeServers);
afterAll(remove);

/** No output and no file may contain it. */
const secret = 'sk-chat-planted';
const prices = { 'model-1': { input: 1, cacheWrite: 1, cacheRead: 1, output: 10 } };

const endpoint = async (options: CompletionsFakeOptions = {}) => {
  const fake = await startCompletionsFake({ apiKey: secret, ...options });
  onTestFinished(fake.close);
  return fake;
};

const chatAt = (url: string | null, model: string | null = 'model-1'): Settings['judges'] => ({
  ...keylessJudges,
  chat: { key: secret, url, model },
});

const verifyBy = async (settings: Partial<Settings>, ...args: string[]) => {
  const oracle = await startOracle();
  return runInProcess(
    ['verify', changes, '--oracle-url', oracle.url, '--limit', '3', '--seed', '7', ...args],
    withSettings(settings),
  );
};

test('a certificate names the endpoint’s origin, the model that answered and the form, agrees when recomputed, and the key is nowhere', async () => {
  const fake = await endpoint({ forms: ['json_object', 'words'] });
  const out = join(folder, 'named');
  const { code, stdout, stderr } = await verifyBy(
    { judges: chatAt(fake.url), judgePrices: prices },
    ...['--judge', 'chat', '--out', out, '--json'],
  );
  expect([code, stderr.includes(secret)]).toEqual([0, false]);
  const certificate = certificateOf(stdout);
  expect(certificate).toMatchObject({
    judge: 'chat',
    scoringModel: 'model-1',
    judgeEndpoint: new URL(fake.url).origin,
    judgeForms: ['json_object'],
    replayCount: 3,
  });
  expect(certificate.usage.costUsd).toBeCloseTo(
    (certificate.usage.inputTokens * 1 + certificate.usage.outputTokens * 10) / 1e6,
    9,
  );
  expect(recomputeCertificate(certificate).disagreements).toEqual([]);
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  expect(files.length).toBeGreaterThan(3);
  for (const file of files)
    expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain(secret);
});

/** A gateway that serves one model below several paths of one origin. */
const gatewayTo = async (url: string) => {
  const server = createServer(async (incoming, response) => {
    const { 'content-type': type = '', authorization = '' } = incoming.headers;
    const answer = await fetch(new URL(incoming.url?.replace(/^\/[^/]+/, '') ?? '', url), {
      method: 'POST',
      headers: { 'content-type': type, authorization },
      body: await text(incoming),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('endpoints of one origin share no answer keys, and nothing of their paths is kept or shown', async () => {
  const fake = await endpoint();
  const origin = await gatewayTo(fake.url);
  const dataDir = join(folder, 'gateway-data');
  const reusedAt = async (path: string, out: string) => {
    const { code, stdout, stderr } = await verifyBy(
      { judges: chatAt(`${origin}/${path}/v1`), dataDir },
      ...['--judge', 'chat', '--out', join(folder, out), '--json'],
    );
    expect([code, `${stdout}${stderr}`.includes('hidden-path')]).toEqual([0, false]);
    const { judgeEndpoint, counts } = certificateOf(stdout);
    expect(judgeEndpoint).toBe(origin);
    return counts.keysReused;
  };
  expect(await reusedAt('hidden-path-1', 'gateway-1')).toBe(0);
  expect(await reusedAt('hidden-path-2', 'gateway-2')).toBe(0);
  expect(await reusedAt('hidden-path-1', 'gateway-3')).toBe(3);
  for (const at of [dataDir, ...[1, 2, 3].map((run) => join(folder, `gateway-${run}`))]) {
    const files = readdirSync(at, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    expect(files.length).toBeGreaterThan(3);
    for (const file of files)
      expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain('hidden-path');
  }
});

test('address and model may be given by options, and a key is not needed', async () => {
  const fake = await endpoint({ apiKey: null, models: ['other'] });
  const { code, stdout } = await verifyBy(
    {},
    ...['--judge', 'chat', '--judge-url', new URL(fake.url).origin, '--model', 'other', '--json'],
  );
  expect(code).toBe(0);
  expect(certificateOf(stdout)).toMatchObject({ scoringModel: 'other', usage: { costUsd: null } });
  expect(fake.requests[0]?.headers.authorization).toBeUndefined();
});

test.each([
  [null, 'model-1', 'needs the address of its endpoint: set CHAT_JUDGE_URL or give --judge-url'],
  ['http://127.0.0.1:9', null, 'needs the name of its model: set CHAT_JUDGE_MODEL or give --model'],
])('what is missing is named: %s, %s', async (url, model, message) => {
  const { code, stdout, stderr } = await verifyBy({ judges: chatAt(url, model) }, '--judge', 'chat');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

test('without a price the cost is unknown, no limit is accepted, and a dry run says so and asks nobody', async () => {
  const fake = await endpoint();
  const judges = chatAt(fake.url);
  const limited = await verifyBy({ judges }, '--judge', 'chat', '--max-cost', '5');
  expect(limited.code).toBe(2);
  expect(limited.stderr).toContain('--max-cost cannot be held, because the price of model-1 is unknown');
  const shown = await verifyBy({ judges }, '--judge', 'chat', '--dry-run');
  expect(shown.stdout).toContain('unknown, because the price of a model is');
  const priced = await verifyBy({ judges, judgePrices: prices }, '--judge', 'chat', '--dry-run', '--json');
  const estimate = JSON.parse(priced.stdout);
  expect(estimate).toMatchObject({ dry_run: true, judge: 'chat', model: 'model-1' });
  expect(estimate.judge_calls.least.cost_usd).toBeGreaterThan(0);
  expect(estimate.method).toContain('estimated at 3 characters a token');
  expect(fake.requests).toHaveLength(0);
  const paid = await verifyBy(
    { judges, judgePrices: prices },
    '--judge',
    'chat',
    '--max-cost',
    '5',
    '--json',
  );
  expect(paid.code).toBe(0);
});

test('tokens that the endpoint did not state are marked as estimated, at a price of nothing too', async () => {
  const free = { 'model-1': { input: 0, cacheWrite: 0, cacheRead: 0, output: 0 } };
  const fake = await endpoint({
    behave: (request, at) => ({
      kind: 'answer',
      answer: answerPlausibly({ system: [request.user], user: request.user }),
      ...(at % 2 === 0 && { usage: null }),
    }),
  });
  const settings = { judges: chatAt(fake.url), judgePrices: free };
  const out = join(folder, 'estimated');
  const { code, stdout } = await verifyBy(settings, '--judge', 'chat', '--out', out, '--json');
  expect(code).toBe(0);
  const certificate = certificateOf(stdout);
  const calls = fake.requests.length;
  const marked = Math.ceil(calls / 2);
  expect(certificate.usage).toMatchObject({ calls, estimatedCalls: marked, costUsd: 0 });
  expect(recomputeCertificate(certificate).disagreements).toEqual([]);
  const { usageByMeasure } = certificate;
  const tampered = { ...usageByMeasure, recall: { ...usageByMeasure.recall, estimatedCalls: 1_000 } };
  expect(
    recomputeCertificate({ ...certificate, usageByMeasure: tampered }).disagreements.map(
      ({ field }) => field,
    ),
  ).toEqual(expect.arrayContaining(['usage.estimated_calls', 'usage_by_measure.recall.estimated_calls']));
  const shown = await runInProcess(['inspect', join(out, 'certificate.json')], withSettings({}));
  expect(shown.stdout.replaceAll(/\s+/g, ' ')).toContain(
    `${calls} calls, ${(certificate.usage.inputTokens + certificate.usage.outputTokens).toLocaleString('en')} tokens, tokens estimated for ${marked} of ${calls} calls`,
  );
  expect(shown.stdout).toMatch(/ \d+ +≈[\d,]+ +≈[\d,]+/);
});

test('a judge of the agreement that gives nothing but garbage is asked about five replays, and the run goes on', async () => {
  const fake = await endpoint({ behave: () => ({ kind: 'text', text: 'qwpoeiqwe ]] lorem' }) });
  const anthropic = await startModel();
  // The writer of variants is asked for keys; it is not counted here.
  const judges = { ...chatAt(fake.url), anthropic: modelAt(anthropic.url).judges.anthropic };
  const { code, stdout, stderr } = await verifyBy(
    { judges, judgePrices: prices },
    ...['--judge', 'anthropic', '--agreement-sample', '1', '--agreement-judge', 'chat'],
    ...['--limit', '8', '--min-replays', '1', '--concurrency', '1', '--json'],
  );
  expect(code).toBe(0);
  expect(stderr).toContain(
    'The judge of the agreement gives no answer that can be used: it is asked no more.',
  );
  const { replayCount, trust } = certificateOf(stdout);
  expect([replayCount, trust.agreement]).toMatchObject([8, { provider: 'chat', replays: 0, verdicts: null }]);
  const verdicts = fake.requests.filter((request) => !/^# Task: (?:variants|answer key)/m.test(request.user));
  expect(verdicts.length).toBeLessThanOrEqual(5 * 3 * 5);
  expect(verdicts.length).toBeGreaterThanOrEqual(5 * 5);
});

test('two vendors are held against each other, whichever judges first', async () => {
  const fake = await endpoint();
  const anthropic = await startModel();
  const judges = { ...chatAt(fake.url), anthropic: modelAt(anthropic.url).judges.anthropic };
  const settings = { judges, judgePrices: prices };
  const agreementOf = async (...args: string[]) => {
    const { code, stdout, stderr } = await verifyBy(settings, '--agreement-sample', '1', '--json', ...args);
    expect([code, stderr.includes(secret)]).toEqual([0, false]);
    const certificate = certificateOf(stdout);
    expect(recomputeCertificate(certificate).disagreements).toEqual([]);
    return certificate.trust.agreement;
  };
  const { origin } = new URL(fake.url);
  const chat = { provider: 'chat', model: 'model-1', endpoint: origin, replays: 3 };
  expect(await agreementOf('--judge', 'anthropic', '--agreement-judge', 'chat')).toMatchObject(chat);
  expect(await agreementOf('--judge', 'anthropic', '--agreement-judge', 'chat:model-1')).toMatchObject(chat);
  expect(await agreementOf('--judge', 'chat', '--agreement-judge', 'anthropic')).toMatchObject({
    provider: 'anthropic',
    model: 'claude-sonnet-5-5',
    endpoint: null,
    replays: 3,
  });
  // Another provider where one is configured, unless the run's own model is named.
  expect(await agreementOf('--judge', 'anthropic')).toMatchObject({ provider: 'chat' });
  expect(await agreementOf('--judge', 'chat', '--agreement-model', 'model-1')).toMatchObject(chat);
  for (const [args, message] of [
    [['--agreement-judge', 'chat'], '--agreement-judge needs --agreement-sample above 0'],
    [['--agreement-sample', '1', '--agreement-judge', 'offline'], 'always gives the same verdict'],
    [
      ['--agreement-sample', '1', '--agreement-judge', 'chat:a', '--agreement-model', 'b'],
      'Name the model for agreement once',
    ],
    [['--agreement-sample', '1', '--agreement-judge', 'nobody'], 'Must begin with one of'],
    [
      ['--agreement-sample', '1', '--agreement-judge', 'chat:unpriced', '--max-cost', '1'],
      'price of unpriced',
    ],
  ] as const) {
    const { code, stderr } = await verifyBy(settings, '--judge', 'anthropic', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  }
});

test('where both are configured, the other writes every second change’s variants and is part of the estimate', async () => {
  const fake = await endpoint();
  const anthropic = await startModel();
  const both = { judges: { ...chatAt(fake.url), anthropic: modelAt(anthropic.url).judges.anthropic } };
  const args = ['--judge', 'anthropic', '--limit', '8', '--min-replays', '1', '--baseline-replays', '0'];
  const callsOf = async (judges: Settings['judges']) => {
    const { stdout } = await verifyBy({ judges, judgePrices: prices }, ...args, '--dry-run', '--json');
    return JSON.parse(stdout).judge_calls.least.calls;
  };
  expect([await callsOf(modelAt(anthropic.url).judges), await callsOf(both.judges)]).toEqual([32, 36]);
  expect(fake.requests).toEqual([]);

  const { code, stdout, stderr } = await verifyBy({ ...both, judgePrices: prices }, ...args);
  expect([code, stderr.includes(secret)]).toEqual([0, false]);
  for (const author of ['claude-sonnet-5-5', 'model-1'])
    expect(stdout).toMatch(new RegExp(`Written by +${author}: q1`));
  expect(fake.requests.length).toBeGreaterThan(0);
  expect(new Set(fake.requests.map(({ user }) => measureOf(user)))).toEqual(new Set(['variants']));
  // With a limit in US dollars it is asked only if its price is known.
  const limited = await verifyBy(both, ...args, '--max-cost', '100', '--json');
  expect(certificateOf(limited.stdout).trust.authors.map(({ author }) => author)).toEqual([
    'claude-sonnet-5-5',
  ]);
});

test('an endpoint that was not asked for stops no run, whatever is wrong with it', async () => {
  const fake = await endpoint({ apiKey: 'another' });
  const anthropic = await startModel();
  const judges = { ...chatAt(fake.url), anthropic: modelAt(anthropic.url).judges.anthropic };
  const args = ['--judge', 'anthropic', '--limit', '8', '--min-replays', '1', '--json'];
  const { code, stdout } = await verifyBy({ judges }, ...args);
  expect([code, fake.refused > 0]).toEqual([0, true]);
  expect(certificateOf(stdout)).toMatchObject({ counts: { scored: 8, unscored: 0 } });
  expect(certificateOf(stdout).trust.authors.map(({ author }) => author)).toEqual(['claude-sonnet-5-5']);
});

test('an endpoint that refuses the key stops the run and names the variable', async () => {
  const fake = await endpoint({ apiKey: 'another' });
  const { code, stderr } = await verifyBy({ judges: chatAt(fake.url) }, '--judge', 'chat');
  expect(code).toBe(1);
  expect(stderr).toContain('check CHAT_JUDGE_API_KEY');
  expect(stderr).not.toContain(secret);
});

test('the environment’s variables configure it', async () => {
  const fake = await endpoint();
  const { code, stdout } = await runCommand(
    [
      'verify',
      changes,
      '--oracle-url',
      'http://127.0.0.1:9/',
      '--judge',
      'chat',
      '--limit',
      '2',
      '--dry-run',
      '--json',
    ],
    {
      env: {
        CHAT_JUDGE_URL: fake.url,
        CHAT_JUDGE_MODEL: 'model-1',
        JUDGE_PRICES: '{"model-1":{"input":1,"output":2}}',
      },
    },
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ judge: 'chat', model: 'model-1' });
});

test.each<[string, CompletionsBehaviour, string]>([
  ['garbage', { kind: 'text', text: 'qwpoeiqwe ]] lorem' }, 'malformed (not JSON)'],
  ['answers cut off at the length', { kind: 'length' }, 'cut off'],
  ['refusals', { kind: 'refusal' }, 'refused to answer'],
])(
  'a run whose judge gives nothing but %s blames the judge, and not the repository',
  async (_, behaviour, reason) => {
    const { url } = await endpoint({ behave: () => behaviour });
    const { code, stdout, stderr } = await verifyBy({ judges: chatAt(url) }, '--judge', 'chat');
    expect([code, stdout]).toEqual([1, '']);
    const last = stderr.trim().split('\n').at(-1) ?? '';
    for (const part of ['model-1', new URL(url).origin, reason, 'Choose another judge or model'])
      expect(last).toContain(part);
    expect(last).not.toContain('more substantial changes');
  },
);
