import { expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import type { McpBehaviour } from '#testing/fakes/oracles/mcp-fake.ts';
import { networkRuleError, waitingPorts } from '#testing/rigs/exchange-ports.ts';
import { ask, good, goodAnswer, oracleOver, request, steps } from '#testing/rigs/mcp-rig.ts';
import { mcpOracle } from './mcp.ts';

const wholeCall = ['initialize', 'notifications/initialized', 'tools/call', 'DELETE'];

test.each(['json', 'sse'] as const)(
  'a tool is called in its own session, which is then ended, over %s',
  async (answersIn) => {
    const { outcome, fake } = await ask([{ ...good, progress: 3 }], {
      server: { answersIn },
      headers: { Authorization: 'Bearer hush', 'Mcp-Session-Id': 'mine', Accept: 'text/plain' },
    });
    expect(outcome).toMatchObject({ kind: 'answer', answer: goodAnswer, retries: 0 });
    expect(steps(fake)).toEqual(wholeCall);
    expect(fake.openSessions.size).toBe(0);
    const [first, second, call] = fake.received;
    expect(first?.headers['mcp-protocol-version']).toBeUndefined();
    expect(second?.headers['mcp-protocol-version']).toBe('2025-11-25');
    expect(call?.headers).toMatchObject({ authorization: 'Bearer hush', 'user-agent': 'node' });
    expect(call?.params).toEqual({
      name: 'review',
      arguments: { ...request.pr, diff_content: '+x\ud800', follow_up_question: 'Why?' },
    });
    expect(JSON.stringify(fake.received)).not.toMatch(/echelon|verif|certif/i);
  },
);

test('no session is ended on a server without sessions, and an older server is called in its own revision', async () => {
  const { outcome, fake } = await ask([good], { server: { era: 'sessionless', revision: '2025-03-26' } });
  expect(outcome).toMatchObject({ kind: 'answer' });
  expect(steps(fake)).toEqual(wholeCall.slice(0, 3));
  expect(fake.received.at(-1)?.headers['mcp-protocol-version']).toBe('2025-03-26');
});

test('a server that only knows the revision without a handshake is asked without one, and later calls skip the handshake', async () => {
  const { oracle, fake } = await oracleOver([good], { server: { era: 'modern', answersIn: 'sse' } });
  expect(await oracle.ask(request)).toMatchObject({ kind: 'answer', answer: goodAnswer, retries: 0 });
  expect(await oracle.ask(request)).toMatchObject({ kind: 'answer' });
  expect(steps(fake)).toEqual(['initialize', 'tools/call', 'tools/call']);
});

test('a session that the server has forgotten is reopened once', async () => {
  const { outcome, fake } = await ask([{ kind: 'expired' }, good]);
  expect(outcome).toMatchObject({ kind: 'answer', retries: 0 });
  expect(steps(fake)).toEqual([...wholeCall.slice(0, 3), ...wholeCall]);

  const forgetful = await ask([{ kind: 'expired' }]);
  expect(forgetful.outcome).toMatchObject({ reason: 'status', detail: 'The oracle answered 404.' });
  expect(steps(forgetful.fake).filter((step) => step === 'initialize')).toHaveLength(2);
});

test('a tool that is on no page of the server’s list is reported as unknown', async () => {
  const { outcome, fake } = await ask([good], { tool: 'hush', server: { tools: ['a', 'b'] } });
  expect(outcome).toMatchObject({
    reason: 'unknown_tool',
    detail: "The server has no tool with this name. Use the tool's name exactly as the server lists it.",
  });
  expect(JSON.stringify(outcome)).not.toContain('hush');
  expect(steps(fake).filter((step) => step === 'tools/list')).toHaveLength(2);
});

test('an answer with too many events is refused', async () => {
  const chatty: McpBehaviour = { ...good, progress: 20 };
  const server = { answersIn: 'sse' } as const;
  expect((await ask([chatty], { server, maxEvents: 30 })).outcome).toMatchObject({ kind: 'answer' });
  expect((await ask([chatty], { server, maxEvents: 10 })).outcome).toMatchObject({
    reason: 'too_large',
    detail: 'The answer has more than 10 events.',
  });
});

test('a server without a known revision and an address that is not an MCP endpoint give different errors', async () => {
  expect((await ask([good], { server: { revision: '1999-01-01' } })).outcome).toMatchObject({
    reason: 'malformed',
    detail: expect.stringContaining('offers no MCP revision that this client supports'),
  });
  const oracle = mcpOracle(
    waitingPorts(() => Promise.resolve(new Response('hush', { status: 404 }))),
    { url: 'http://127.0.0.1/', headers: {}, tool: 'review' },
  );
  expect(await oracle.ask(request)).toMatchObject({
    reason: 'status',
    detail: "The oracle answered 404. Check that the address is the server's Streamable HTTP endpoint.",
  });
});

test('the time limit covers handshake and call together', async () => {
  const { outcome, fake } = await ask([{ kind: 'stalled' }], { timeoutMs: 200 }, (body) =>
    body.includes('tools/call'),
  );
  expect(outcome).toMatchObject({
    reason: 'timeout',
    detail: 'The answer was not complete within 0.2 seconds.',
    httpAnswered: true,
  });
  expect(fake.openSessions.size).toBe(0);
});

test('a request without an HTTP answer is repeated twice within its session', async () => {
  const healed = await ask([{ kind: 'reset' }, good]);
  expect(healed.outcome).toMatchObject({ kind: 'answer', retries: 1 });
  expect(steps(healed.fake)).toEqual([...wholeCall.slice(0, 3), ...wholeCall.slice(2)]);

  const lost = await ask([{ kind: 'reset' }]);
  expect(lost.outcome).toMatchObject({ reason: 'connection', httpAnswered: true, retries: 2 });

  const early = await ask([good], { server: { resetsAtInitialized: 1 } });
  expect(early.outcome).toMatchObject({ kind: 'answer', retries: 1 });
  expect(steps(early.fake)).toEqual([...wholeCall.slice(0, 2), ...wholeCall.slice(1)]);

  const refused = await ask([good], { url: `http://127.0.0.1:${await freePort()}/mcp` });
  expect(refused.outcome).toMatchObject({ reason: 'connection', httpAnswered: false, retries: 2 });
});

test('429 and 503 with Retry-After are waited for within the bound', async () => {
  const busy = (retryAfter: string, status = 429): McpBehaviour => ({
    kind: 'http',
    status,
    headers: { 'retry-after': retryAfter },
  });
  expect((await ask([busy('1'), busy('1', 503), good])).outcome).toMatchObject({
    kind: 'answer',
    retries: 2,
  });
  expect((await ask([busy('121')])).outcome).toMatchObject({ reason: 'status', retries: 0 });
});

test('a refusal by the network rule has its own reason and is not retried', async () => {
  let calls = 0;
  const oracle = mcpOracle(
    waitingPorts(() => {
      calls += 1;
      return Promise.reject(new TypeError('fetch failed', { cause: networkRuleError() }));
    }),
    { url: 'http://10.0.0.1/', headers: {}, tool: 'review' },
  );
  expect(await oracle.ask(request)).toMatchObject({
    reason: 'refused_by_network_rule',
    detail: 'Not on the public internet.',
    httpAnswered: false,
    retries: 0,
  });
  expect(calls).toBe(1);
});

test('an aborted call rejects instead of giving an outcome, and its session is ended', async () => {
  const { oracle, fake } = await oracleOver([{ kind: 'stalled' }]);
  const abort = new AbortController();
  const cancelled = expect(oracle.ask(request, abort.signal)).rejects.toThrow('cancelled');
  await expect.poll(() => steps(fake)).toContain('tools/call');
  abort.abort(new Error('cancelled'));
  await cancelled;
  expect(fake.openSessions.size).toBe(0);
});
