import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { answerForms } from '#contracts/replay.ts';
import { answerPlausibly } from '../anthropic/answers.ts';
import { type Behave, type CompletionsBehaviour, composeCompletion, isCompletion } from './completion.ts';
import {
  type CompletionsRequest,
  type Dialect,
  type ErrorStyle,
  errorBody,
  readCompletionsRequest,
} from './request.ts';

export type { CompletionsBehaviour } from './completion.ts';
export type { CompletionsRequest } from './request.ts';

export type CompletionsFake = {
  /** The API's base, with its version. */
  url: string;
  /** The requests that reached the model. Invalid ones are missing. */
  requests: CompletionsRequest[];
  /** How many requests were refused as invalid, and by which key they were sent. */
  refused: number;
  /** Summed over all answered completions. */
  usage: { prompt: number; completion: number };
  close(): Promise<void>;
};

export type CompletionsFakeOptions = Partial<Dialect> & {
  /** Null: the server asks for none, as one on the operator's own machine. */
  apiKey?: string | null;
  errorStyle?: ErrorStyle;
  behave?: Behave;
};

const misbehave = (
  response: ServerResponse,
  behaviour: Exclude<
    CompletionsBehaviour,
    { kind: 'answer' | 'text' | 'message' | 'refusal' | 'length' | 'content_filter' }
  >,
  style: ErrorStyle,
): void => {
  switch (behaviour.kind) {
    case 'timeout':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"id":"chatcmpl-1","object":"chat.completion","choices":[{"ind', () =>
        response.destroy(),
      );
      return;
    case 'body':
      response.writeHead(behaviour.status ?? 200, {
        'content-type': 'application/json',
        ...behaviour.headers,
      });
      response.end(behaviour.body);
      return;
    case 'error': {
      const { status, message = 'planted', headers, style: own = style } = behaviour;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(errorBody({ ...behaviour, message }, own)));
    }
  }
};

/**
 * A chat-completions endpoint on loopback (OpenAI's API reference, "Create chat completion"), as hosted services and the
 * servers that people run themselves write it: keys, validation, forms of answers taken, refused or ignored, refusals,
 * reasoning, usage and errors. Without `behave` it derives its answers lexically from the request, which is enough for
 * a whole run.
 */
export const startCompletionsFake = async ({
  apiKey = 'sk-test',
  errorStyle = 'openai',
  behave = (request) => ({
    kind: 'answer',
    answer: answerPlausibly({ system: [request.user], user: request.user }),
  }),
  models = ['model-1'],
  forms = answerForms,
  otherForms = 'refused',
  lengthNames = ['max_tokens', 'max_completion_tokens'],
  contextTokens = Number.POSITIVE_INFINITY,
}: CompletionsFakeOptions = {}): Promise<CompletionsFake> => {
  const dialect: Dialect = { models, forms, otherForms, lengthNames, contextTokens };
  const fake = { requests: [] as CompletionsRequest[], refused: 0, usage: { prompt: 0, completion: 0 } };

  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = await text(incoming);
    const { url = '', headers } = incoming;
    const refuse = (status: number, message: string, code?: string, param?: string) => {
      fake.refused += 1;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          errorBody({ status, message, ...(code && { code }), ...(param && { param }) }, errorStyle),
        ),
      );
    };
    if (new URL(url, 'http://fake').pathname !== '/v1/chat/completions') return refuse(404, 'Not Found');
    if (incoming.method !== 'POST') return refuse(405, 'Method Not Allowed');
    if (apiKey !== null && headers.authorization !== `Bearer ${apiKey}`)
      return refuse(401, `Incorrect API key provided: ${headers.authorization}.`, 'invalid_api_key');
    const read = readCompletionsRequest(JSON.parse(body), dialect);
    if (!read.ok) {
      const { status, message, code, param } = read.error;
      return refuse(status, message, code, param);
    }
    const request: CompletionsRequest = { ...read.request, headers, url };
    fake.requests.push(request);
    const behaviour = await behave(request, fake.requests.length - 1);
    if (!isCompletion(behaviour)) return misbehave(response, behaviour, errorStyle);
    if (behaviour.kind === 'answer' && behaviour.afterMs)
      await delay(behaviour.afterMs, undefined, { ref: false });
    const { body: completion, tokens } = composeCompletion(
      behaviour,
      `chatcmpl-${fake.requests.length}`,
      request,
    );
    fake.usage.prompt += tokens.prompt;
    fake.usage.completion += tokens.completion;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion));
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A client that hung up during its request is no failure of the fake.
      if (request.complete) throw error;
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, {
    url: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  });
};
