import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { OracleRequest } from '#contracts/oracle.ts';

/** How the oracle answers one request. `answer` is sent as JSON with status 200. */
export type OracleBehaviour =
  | { kind: 'answer'; answer: unknown; afterMs?: number }
  | { kind: 'body'; body: string | Uint8Array; headers?: Record<string, string> }
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  | { kind: 'huge'; bytes: number; declared: boolean }
  /** Sends headers and part of the body, then nothing more. */
  | { kind: 'stalled' }
  /** Sends headers and part of the body, then closes. */
  | { kind: 'cut' }
  /** Resets the connection without an answer. */
  | { kind: 'reset' }
  /** Answers with something that is not HTTP. */
  | { kind: 'garbage' };

export type ReceivedOracleRequest = {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: OracleRequest;
};

export type OracleFake = { url: string; requests: ReceivedOracleRequest[]; close(): Promise<void> };

/** The lines with words that a diff adds or removes, without their sign. */
const changedLines = (diff: string) =>
  diff
    .split('\n')
    .filter((line) => /^[+-](?![+-]{2} )/.test(line))
    .map((line) => line.slice(1).trim())
    .filter((line) => /\p{L}{3}/u.test(line));

/** An answer that repeats what the oracle read: a claim and a sentence for each of the first changed lines. */
export const describeChange = ({ pr, follow_up_question }: OracleRequest) => {
  const identifiers = changedLines(pr.diff_content)
    .map((line) => line.match(/[\p{L}_][\p{L}\p{N}_]{3,}/gu) ?? [])
    .filter((words) => words.length > 0)
    .slice(0, 4);
  return {
    summary: identifiers.map((words) => `It concerns ${words.join(' and then ')}.`).join(' '),
    key_claims: identifiers.map((words) => `The change concerns ${words.join(' as well as ')}`),
    follow_up_response: `${follow_up_question} ${changedLines(pr.diff_content).slice(0, 4).join(' ')}`,
  };
};

const closeWithoutAnswer = (response: ServerResponse) => {
  response.socket?.resetAndDestroy();
};

async function perform(behaviour: OracleBehaviour, response: ServerResponse): Promise<void> {
  switch (behaviour.kind) {
    case 'answer':
      if (behaviour.afterMs !== undefined) await delay(behaviour.afterMs, undefined, { ref: false });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(behaviour.answer));
      return;
    case 'body':
      response.writeHead(200, behaviour.headers ?? { 'content-type': 'application/json' });
      response.end(behaviour.body);
      return;
    case 'status':
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? '');
      return;
    case 'huge': {
      const length = behaviour.declared ? { 'content-length': String(behaviour.bytes) } : {};
      response.writeHead(200, { 'content-type': 'application/json', ...length });
      const chunk = Buffer.alloc(64 * 1024, 0x20);
      const body = Readable.from(
        (function* () {
          for (let sent = 0; sent < behaviour.bytes; sent += chunk.length) {
            yield chunk.subarray(0, behaviour.bytes - sent);
          }
        })(),
      );
      // The client hangs up once it has received too much.
      await pipeline(body, response).catch(() => undefined);
      return;
    }
    case 'stalled':
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"summary": "so far', () => {
        // No reset, because it may overtake what was sent.
        if (behaviour.kind === 'cut') response.destroy();
      });
      return;
    case 'reset':
      closeWithoutAnswer(response);
      return;
    case 'garbage':
      response.socket?.end('SSH-2.0-OpenSSH_9.9\r\n');
  }
}

/**
 * An HTTP oracle on loopback. `behave` decides about each request; `count` is how many came before. Without it the
 * oracle describes the change well. To start it again after closing it, pass a `port` that nobody else is given
 * meanwhile.
 */
export const startOracleFake = async (
  behave: (request: OracleRequest, count: number) => OracleBehaviour | Promise<OracleBehaviour> = (
    request,
  ) => ({
    kind: 'answer',
    answer: describeChange(request),
  }),
  port = 0,
): Promise<OracleFake> => {
  const requests: ReceivedOracleRequest[] = [];
  const server = createServer(async (request, response) => {
    const body: OracleRequest = JSON.parse(await text(request));
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers, body });
    await perform(await behave(body, requests.length - 1), response);
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/verify`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
