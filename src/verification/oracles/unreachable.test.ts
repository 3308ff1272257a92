import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { freePort } from '#db/embedded/free-port.ts';
import { networkRuleError } from '#testing/rigs/exchange-ports.ts';
import { chatOracle } from './chat.ts';
import { httpOracle } from './http.ts';
import { mcpOracle } from './mcp.ts';

const request: OracleRequest = {
  pr: { id: '142', title: 'T', description: 'D', diff_content: '+x', files_changed: ['a.ts'] },
  follow_up_question: 'Why?',
};
const timeoutMs = 600_000;
const ports = {
  fetch,
  connect: async () => undefined,
  now: Date.now,
  // The limit of an exchange is real; waits between exchanges are short.
  sleep: (ms: number, signal?: AbortSignal) => delay(ms === timeoutMs ? ms : 20, undefined, { signal }),
};

/** Ports that make no call, and a connection by the address's host. */
const looking = {
  ...ports,
  fetch: () => Promise.reject(new Error('A look must not ask.')),
  connect: async (url: string) => {
    if (url.includes('closed'))
      throw Object.assign(new Error('hush'), { code: 'ECONNREFUSED', syscall: 'connect' });
    if (url.includes('10.0.0.1')) throw networkRuleError();
  },
};

type Answering = (asked: IncomingMessage, answer: ServerResponse) => void;
const hangUp: Answering = (asked) => asked.socket.destroy();
const askLater: Answering = (_, answer) =>
  answer.writeHead(503, { 'retry-after': '1', connection: 'close' }).end();
const greet: Answering = (_, answer) => {
  const result = {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 's', version: '1' },
  };
  answer
    .writeHead(200, { 'content-type': 'application/json', connection: 'close' })
    .end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
};
const accept: Answering = (_, answer) => answer.writeHead(202, { connection: 'close' }).end();

/** A server that answers requests in the given ways and closes after the last one. `seen`: what it received. */
const closingDoor = async (...answers: Answering[]) => {
  const seen: string[] = [];
  const server = createServer(async (asked, answer) => {
    const count = seen.push(await text(asked));
    if (count === answers.length) server.close();
    answers[count - 1]?.(asked, answer);
  }).listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, seen };
};

/** What an MCP server with this behaviour received, and the outcome. */
const askOverMcp = async (...answers: Answering[]) => {
  const { url, seen } = await closingDoor(...answers);
  const outcome = await mcpOracle(ports, { url, headers: {}, tool: 'review', timeoutMs }).ask(request);
  return { outcome, methods: seen.map((body) => JSON.parse(body).method) };
};

test.each([
  ['hung up on it', hangUp],
  ['asked to come back later', askLater],
])(
  'an oracle that received the question, %s and then closed does not count as unreachable',
  async (_, lastWords) => {
    const { url, seen } = await closingDoor(lastWords);
    const oracle = httpOracle(ports, { url, headers: {}, timeoutMs });
    const outcome = await oracle.ask(request);
    expect(seen).toHaveLength(1);
    expect(outcome).toMatchObject({ kind: 'failure', retries: expect.any(Number) });
    expect(outcome).not.toHaveProperty('unreachable');
    // An oracle that was closed from the start is unreachable.
    expect(await oracle.ask(request)).toMatchObject({ kind: 'failure', unreachable: true });
  },
);

test.each([
  ['answered', greet],
  ['asked to come back later', askLater],
])(
  'an MCP server that %s at the handshake and was gone before the call never received the question',
  async (_, lastWords) => {
    const { outcome, methods } = await askOverMcp(lastWords);
    expect(methods).toEqual(['initialize']);
    expect(outcome).toMatchObject({ kind: 'failure', httpAnswered: true, unreachable: true });
  },
);

test('an MCP server that accepts the call and hangs up has received the question', async () => {
  const { outcome, methods } = await askOverMcp(greet, accept, hangUp);
  expect(methods).toEqual(['initialize', 'notifications/initialized', 'tools/call']);
  expect(outcome).toMatchObject({ kind: 'failure', reason: 'connection' });
  expect(outcome).not.toHaveProperty('unreachable');
});

test.each([
  ['http', (url: string) => httpOracle(looking, { url, headers: {} })],
  ['mcp', (url: string) => mcpOracle(looking, { url, headers: {}, tool: 'review' })],
  ['chat', (url: string) => chatOracle(looking, { url, headers: {}, model: 'm' })],
])('a look over %s asks nothing, and is repeated like a call that made no connection', async (_, open) => {
  expect(await open('http://there.example/').look?.()).toBeNull();
  expect(await open('http://closed.example/').look?.()).toEqual({
    kind: 'failure',
    reason: 'connection',
    detail: 'The connection was refused: nothing is listening at this address.',
    httpAnswered: false,
    unreachable: true,
    latencyMs: expect.any(Number),
    retries: 2,
  });
  expect(await open('http://10.0.0.1/').look?.()).toMatchObject({
    reason: 'refused_by_network_rule',
    detail: 'Not on the public internet.',
    retries: 0,
  });
  const stopped = AbortSignal.abort(new Error('cancelled'));
  await expect(open('http://closed.example/').look?.(stopped)).rejects.toThrow('cancelled');
});
