import { expect, test } from 'vitest';
import type { McpBehaviour } from '#testing/fakes/oracles/mcp-fake.ts';
import { waitingPorts } from '#testing/rigs/exchange-ports.ts';
import { ask, good, goodAnswer, json, request, steps, text } from '#testing/rigs/mcp-rig.ts';
import { mcpOracle } from './mcp.ts';

test.each<[string, object]>([
  ['structured content', { structuredContent: JSON.parse(json), content: [] }],
  ['text', text(json)],
  ['a fence in the text', text(`\`\`\`json\n${json}\n\`\`\``)],
  ['text that a framework wrapped', { structuredContent: { result: json }, ...text(json) }],
  ['a resource', { content: [{ type: 'resource', resource: { uri: 'mem://a', text: json } }] }],
  [
    'a resource beside a link and a blob',
    {
      content: [
        { type: 'resource_link', uri: 'mem://b', name: 'b' },
        { type: 'resource', resource: { uri: 'mem://c', blob: 'aHVzaA==' } },
        { type: 'resource', resource: { uri: 'mem://a', mimeType: 'application/json', text: json } },
      ],
    },
  ],
  ['wrapped structured content', { structuredContent: { result: JSON.parse(json) }, content: [] }],
  ['text that a framework wrapped, without its text', { structuredContent: { result: json }, content: [] }],
  ['text after reasoning', text(`<think>{"summary": "draft"}</think>${json}`)],
  ['several parts', { content: [{ type: 'image', data: '' }, ...text('Here:', json).content] }],
])('the contract’s JSON is read from %s', async (_, result) => {
  const { outcome } = await ask([{ kind: 'result', result: { ...result } }]);
  expect(outcome).toMatchObject({ kind: 'answer', answer: goodAnswer });
});

test('prose is the summary, and so is a refusal in words', async () => {
  const { outcome } = await ask([{ kind: 'result', result: text('I will not', 'say.') }]);
  expect(outcome).toMatchObject({ kind: 'answer', answer: { summary: 'I will not\nsay.', keyClaims: [] } });
});

const stream = (body: string): McpBehaviour => ({
  kind: 'http',
  status: 200,
  headers: { 'content-type': 'text/event-stream' },
  body,
});

test.each<[string, McpBehaviour, object]>([
  [
    'a tool’s own error',
    { kind: 'result', result: { ...text('hush'), isError: true } },
    { reason: 'status', detail: expect.stringContaining('The tool answered with an error (isError).') },
  ],
  [
    'a call that is refused',
    { kind: 'rpc_error', code: -32602 },
    { reason: 'status', detail: expect.stringContaining('(JSON-RPC error -32602)') },
  ],
  [
    'an error status',
    { kind: 'http', status: 500 },
    { reason: 'status', detail: 'The oracle answered 500.' },
  ],
  [
    'a missing authorisation, which the client does not request',
    {
      kind: 'http',
      status: 401,
      headers: { 'www-authenticate': 'Bearer resource_metadata="http://127.0.0.1:1/"' },
    },
    { reason: 'status', detail: 'The oracle answered 401.' },
  ],
  [
    'a redirect, which is not followed',
    { kind: 'http', status: 307, headers: { location: 'http://127.0.0.1:1/hush' } },
    { reason: 'status', detail: expect.stringContaining('a redirect, which is not followed') },
  ],
  ['a result without text', { kind: 'result', result: { content: [] } }, { reason: 'malformed' }],
  [
    'a resource of bytes',
    {
      kind: 'result',
      result: { content: [{ type: 'resource', resource: { uri: 'mem://a', blob: 'aHVzaA==' } }] },
    },
    { reason: 'malformed', detail: expect.stringContaining('bytes') },
  ],
  [
    'a link to a resource',
    { kind: 'result', result: { content: [{ type: 'resource_link', uri: 'mem://hush', name: 'hush' }] } },
    { reason: 'malformed', detail: 'The answer contains no text, only parts of other types.' },
  ],
  [
    'structured content that is no answer',
    { kind: 'result', result: { content: [], structuredContent: { verdict: 1 } } },
    { reason: 'malformed', detail: expect.stringContaining('it holds “verdict”') },
  ],
  [
    'a result that asks for input',
    { kind: 'result', result: { resultType: 'input_required' } },
    { reason: 'malformed' },
  ],
  [
    'a wrong type',
    { kind: 'result', result: { structuredContent: { summary: 7 } } },
    { reason: 'malformed' },
  ],
  ['a body that is not JSON', { kind: 'http', status: 200, body: '<html>hush' }, { reason: 'malformed' }],
  [
    'a body that is not a response',
    { kind: 'http', status: 200, body: '{"jsonrpc": "2.0", "id": 999, "result": {}}' },
    { reason: 'malformed', detail: 'The answer is not a JSON-RPC response to the request.' },
  ],
  ['an accepted call without a reply', { kind: 'http', status: 202 }, { reason: 'malformed' }],
  [
    'an event that is not JSON',
    stream('data: hush\n\n'),
    { reason: 'malformed', detail: 'An event of the answer is not JSON.' },
  ],
  [
    'a stream that ends before the reply',
    { kind: 'ended' },
    { reason: 'connection', detail: 'The stream of events ended before the reply.' },
  ],
  ['a stream that breaks', { kind: 'cut' }, { reason: 'connection' }],
  ['a stream without end', { kind: 'endless' }, { reason: 'too_large' }],
  ['a line without end', stream(`data: ${'x'.repeat(100_000)}`), { reason: 'too_large' }],
  [
    'a body that is too large',
    { kind: 'http', status: 200, body: ' '.repeat(100_000) },
    { reason: 'too_large' },
  ],
])(
  '%s has its own reason, is final, counts as an HTTP answer, and its session is ended',
  async (_, behaviour, expected) => {
    const { outcome, fake } = await ask([behaviour], { maxBytes: 65_536 });
    expect(outcome).toMatchObject({ kind: 'failure', httpAnswered: true, retries: 0, ...expected });
    expect(JSON.stringify(outcome)).not.toMatch(/hush|127\.0\.0\.1/);
    expect(steps(fake).filter((step) => step === 'tools/call')).toHaveLength(1);
    expect(fake.openSessions.size).toBe(0);
  },
);

const reply = (id: unknown, result: object = text(json)) => ({ jsonrpc: '2.0', id, result });
const event = (value: unknown, type?: string) =>
  `${type === undefined ? '' : `event: ${type}\n`}data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const jsonBody = (value: unknown): McpBehaviour => ({
  kind: 'http',
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** The call is the second request, because a notification has no id. */
test.each<[string, McpBehaviour]>([
  ['with its id as text', jsonBody(reply('2'))],
  [
    'in a batch',
    jsonBody([{ jsonrpc: '2.0', method: 'notifications/progress', params: {} }, reply(9), reply(2)]),
  ],
  [
    'after events of other types',
    stream(`${event('ready', 'ping')}${event('{"x', 'endpoint')}${event(reply(2))}`),
  ],
  [
    'after notifications and requests',
    stream(
      `${event({ jsonrpc: '2.0', method: 'notifications/message', params: {} })}${event({ jsonrpc: '2.0', id: '2', method: 'roots/list' }, 'message')}${event(reply('2'), 'message')}`,
    ),
  ],
  [
    'in data of several lines',
    stream(
      `event: message\n${JSON.stringify(reply(2), null, 1)
        .split('\n')
        .map((line) => `data: ${line}`)
        .join('\n')}\n\n`,
    ),
  ],
  ['after an event without data', stream(`: hello\n\nid: 7\n\n${event('')}${event(reply(2))}`)],
])('a reply is found %s', async (_, behaviour) => {
  expect((await ask([behaviour])).outcome).toMatchObject({ kind: 'answer', answer: goodAnswer });
});

test.each([
  ['-32602 and the specification’s words', { code: -32602, message: 'Unknown tool: review' }],
  ['-32601', { code: -32601, message: 'Method not found' }],
])('a server that does not list its tools and denies one with %s let no question in', async (_, error) => {
  const fetched: string[] = [];
  const answering = async (_url: unknown, { body = '' }: { body?: string }) => {
    const { id, method } = JSON.parse(body || '{}');
    fetched.push(method);
    if (method === 'notifications/initialized') return new Response(null, { status: 202 });
    const result = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      serverInfo: { name: 's', version: '1' },
    };
    const answer =
      method === 'initialize' ? { result } : { error: method === 'tools/call' ? error : { code: -32601 } };
    return Response.json({ jsonrpc: '2.0', id, ...answer });
  };
  const oracle = mcpOracle(waitingPorts(answering as typeof fetch), {
    url: 'http://127.0.0.1/',
    headers: {},
    tool: 'review',
  });
  expect(await oracle.ask(request)).toMatchObject({ kind: 'failure', reason: 'unknown_tool' });
  expect(fetched).toContain('tools/list');
});

test('words about something that was not found do not deny a tool that the server lists', async () => {
  const result = { ...text('The tool review failed: file not found'), isError: true };
  expect((await ask([{ kind: 'result', result }])).outcome).toMatchObject({ reason: 'status' });
});

test.each<[string, McpBehaviour]>([
  ['a JSON-RPC error', jsonBody({ jsonrpc: '2.0', id: 2, error: { code: 429, message: 'slow down' } })],
  [
    'the data of a JSON-RPC error',
    jsonBody({ jsonrpc: '2.0', id: 2, error: { code: -32603, message: 'x', data: { status: 503 } } }),
  ],
  ['a tool’s error', { kind: 'result', result: { ...text('{"error": {"code": 429}}'), isError: true } }],
  ['a status', { kind: 'http', status: 502 }],
])('an error that passes is asked again: %s', async (_, behaviour) => {
  const { outcome, waits } = await ask([behaviour, good]);
  expect(outcome).toMatchObject({ kind: 'answer', retries: 1 });
  expect(waits).toEqual([1000]);
});
