import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { OracleOutcome } from '#contracts/oracle.ts';
import { type OracleType, oracleTypeNames } from '#contracts/oracle-types.ts';
import { startChatFake } from '#testing/fakes/oracles/chat-fake.ts';
import { startOracleFake } from '#testing/fakes/oracles/http-fake.ts';
import { startMcpFake } from '#testing/fakes/oracles/mcp-fake.ts';
import { inTurn, notingPorts } from '#testing/rigs/exchange-ports.ts';
import { pythonOracleOf, requirePython, sampleRequest } from '#testing/rigs/python-rig.ts';
import { tookQuestion } from '../replay/oracle-presence.ts';
import { chatOracle } from './chat.ts';
import { httpOracle } from './http.ts';
import { mcpOracle } from './mcp.ts';

beforeAll(requirePython);

const timeoutMs = 600_000;
const answered = { summary: 'Adds retryLimit', key_claims: ['retryLimit is 7'], follow_up_response: '7' };
const answer = {
  summary: 'Adds retryLimit',
  keyClaims: [{ claim: 'retryLimit is 7', confidence: null }],
  followUpResponse: '7',
};

type Asked = { outcome: OracleOutcome; waits: number[] };

const ports = () => notingPorts((ms, signal) => ms === timeoutMs || (ms === 2000 && signal !== undefined));

/** Asks an oracle of each type whose service sends these JSON values in turn, each as an answer of its own kind. */
const askers: Record<OracleType, (values: unknown[]) => Promise<Asked>> = {
  http: async (values) => {
    const fake = await startOracleFake((_, count) => ({
      kind: 'answer',
      answer: inTurn(values, null)(_, count),
    }));
    onTestFinished(fake.close);
    const { ports: noting, waits } = ports();
    const oracle = httpOracle(noting, { url: fake.url, headers: {}, timeoutMs });
    return { outcome: await oracle.ask(sampleRequest), waits };
  },
  chat: async (values) => {
    const fake = await startChatFake((_, count) => ({
      kind: 'content',
      content: JSON.stringify(inTurn(values, null)(_, count)),
    }));
    onTestFinished(fake.close);
    const { ports: noting, waits } = ports();
    const oracle = chatOracle(noting, { url: fake.url, headers: {}, model: 'model-1', timeoutMs });
    return { outcome: await oracle.ask(sampleRequest), waits };
  },
  mcp: async (values) => {
    const fake = await startMcpFake((_, count) => ({
      kind: 'result',
      result: { content: [{ type: 'text', text: JSON.stringify(inTurn(values, null)(_, count)) }] },
    }));
    onTestFinished(fake.close);
    const { ports: noting, waits } = ports();
    const oracle = mcpOracle(noting, { url: fake.url, headers: {}, tool: 'review', timeoutMs });
    return { outcome: await oracle.ask(sampleRequest), waits };
  },
  python: async (values) => {
    const waits: number[] = [];
    const limitMs = 90_000;
    const oracle = pythonOracleOf(
      [
        'import json',
        `values = json.loads(${JSON.stringify(JSON.stringify(values))})`,
        'count = 0',
        'def verify(change):',
        '    global count',
        '    count += 1',
        '    return values[min(count, len(values)) - 1]',
      ].join('\n'),
      { timeoutMs: limitMs, loadTimeoutMs: limitMs, idleMs: limitMs },
      async (ms, signal) => {
        if (ms !== limitMs) return void waits.push(ms);
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      },
    );
    return { outcome: await oracle.ask(sampleRequest), waits };
  },
};

const ofEach = (cases: [string, unknown][]) =>
  oracleTypeNames.flatMap((type) =>
    cases.map(([name, value]): [OracleType, string, unknown] => [type, name, value]),
  );

test.each(
  ofEach([
    ['as the contract has it', answered],
    ['in answer', { answer: answered }],
    ['in data', { status: 'ok', data: answered }],
    ['in result', { result: answered, error: null }],
    ['in output', { output: answered }],
    [
      'with nulls',
      {
        ...answered,
        metadata: null,
        error: null,
        key_claims: [{ claim: 'retryLimit is 7', confidence: null }],
      },
    ],
  ]),
)('an answer is read over %s %s', async (type, _, value) => {
  expect((await askers[type]([value])).outcome).toMatchObject({ kind: 'answer', answer, retries: 0 });
});

test.each(
  ofEach([
    ['an empty object', {}],
    ['an error', { error: 'model overloaded' }],
    ['an error of no known code', { error: { message: 'model overloaded', code: 'oops' } }],
    ['a detail', { detail: 'model overloaded' }],
    ['an error beside empty fields', { summary: '', key_claims: [], error: 'model overloaded' }],
    ['two wrappers', { data: { answer: answered } }],
    ['only nulls', { summary: null, key_claims: null, follow_up_response: null }],
  ]),
)('over %s %s is malformed, and says what it held', async (type, name, value) => {
  const { outcome } = await askers[type]([value]);
  expect(outcome).toMatchObject({ kind: 'failure', reason: 'malformed', httpAnswered: true, retries: 0 });
  const held = { 'an empty object': 'an empty object', 'two wrappers': '“data”', 'only nulls': '“summary”' }[
    name
  ];
  expect(outcome.kind === 'failure' && outcome.detail).toContain(held ?? 'model overloaded');
});

test.each(
  ofEach([
    ['429', { error: { message: 'Rate limit exceeded', code: 429 } }],
    ['429 as text', { error: { message: 'Rate limit exceeded', code: '429' } }],
    ['502', { error: { code: 502 } }],
    ['503', { error: { status: 503 } }],
    ['504', { status_code: 504, message: 'upstream' }],
    ['529', { type: 'error', error: { type: 'overloaded_error' } }],
    ['a name', { error: { type: 'rate_limit_error' } }],
    ['a bare name', { error: 'rate_limit_exceeded' }],
    ['a name in capitals', { error: { status: 'RESOURCE_EXHAUSTED' } }],
    ['a list of errors', { errors: [{ code: 503 }] }],
  ]),
)('over %s an error of code %s is asked again with back-off', async (type, _, value) => {
  const { outcome, waits } = await askers[type]([value, value, answered]);
  expect(outcome).toMatchObject({ kind: 'answer', answer, retries: 2 });
  expect(waits).toEqual([1000, 2000]);
});

test.each(oracleTypeNames)('over %s an error that does not pass fails within a bound', async (type) => {
  const { outcome, waits } = await askers[type]([{ error: { code: 503 } }]);
  expect(outcome).toMatchObject({ kind: 'failure', reason: 'status', status: 503, retries: 6 });
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000]);
  expect(tookQuestion(outcome)).toBe(true);
});

test.each(
  ofEach([
    ['401', { error: { code: 401 } }],
    ['402', { error: { message: 'Insufficient credits', code: 402 } }],
    ['403', { status: 403, title: 'Forbidden' }],
    ['404', { error: { code: 'model_not_found' } }],
    ['501', { error: { code: '501' } }],
    ['an exhausted quota', { error: { code: 'insufficient_quota', type: 'insufficient_quota' } }],
    ['an exhausted quota with 429', { error: { code: 429, type: 'insufficient_quota' } }],
  ]),
)('over %s an error of code %s let no question in', async (type, _, value) => {
  const { outcome, waits } = await askers[type]([value]);
  expect(outcome).toMatchObject({ kind: 'failure', retries: 0 });
  expect(tookQuestion(outcome)).toBe(false);
  expect(waits).toEqual([]);
});
