import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { BatchFault } from '../../model/batches.ts';
import { buildRequest, sharedPrefix } from '../../model/request.ts';
import { createAnthropicClient } from './client.ts';

/** Submits a batch to an API that treats every request alike. Returns the fault and how many requests came. */
const apiThat = async (status: number | null) => {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (status === null) return request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ type: 'error', error: { type: 'api_error', message: 'planted' } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createAnthropicClient({
    apiKey: 'sk-ant-test',
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sleep: async () => {},
  });
  const request = buildRequest('m', sharedPrefix(changeNumber(1), 'aa11'), { measure: 'answer_key' }, 'bb22');
  const fault: unknown = await client.batches.submit([{ id: 'a', request }]).catch((error: unknown) => error);
  server.closeAllConnections();
  server.close();
  return { requests, fault };
};

test.each<[string, number | null, { passing: boolean; mayHaveArrived: boolean }]>([
  ['whose connection broke', null, { passing: true, mayHaveArrived: true }],
  ['that got an internal error', 500, { passing: true, mayHaveArrived: true }],
  ['that was turned away for overload', 529, { passing: true, mayHaveArrived: false }],
  ['that was turned away for its rate limit', 429, { passing: true, mayHaveArrived: false }],
  ['that was refused', 401, { passing: false, mayHaveArrived: false }],
])(
  'a batch %s is sent once, and the fault says whether it may have been made',
  async (_, status, expected) => {
    const { requests, fault } = await apiThat(status);
    expect(requests).toBe(1);
    expect(fault).toBeInstanceOf(BatchFault);
    expect(fault).toMatchObject(expected);
  },
);
