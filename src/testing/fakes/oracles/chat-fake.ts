import { type OracleBehaviour, startOracleFake } from './http-fake.ts';

/** The part of a chat-completions request that tests read. */
export type ChatRequest = {
  model: string;
  messages: { role: 'system' | 'user'; content: string }[];
  [parameter: string]: unknown;
};

export type ChatBehaviour =
  | { kind: 'content'; content: unknown; finishReason?: string; refusal?: string | null }
  /** An error object and status as OpenAI sends them. Some compatible servers send it with 200. */
  | { kind: 'error'; status: number; code: string; headers?: Record<string, string> }
  | OracleBehaviour;

export type ChatFake = {
  url: string;
  requests: { url: string; headers: Record<string, string | string[] | undefined>; body: ChatRequest }[];
  close(): Promise<void>;
};

const errorBody = (code: string) =>
  JSON.stringify({ error: { message: 'hush: details', type: 'invalid_request_error', param: null, code } });

const onTheWire = (behaviour: ChatBehaviour, model: string, count: number): OracleBehaviour => {
  switch (behaviour.kind) {
    case 'content': {
      const { content, finishReason = 'stop', refusal = null } = behaviour;
      const message = { role: 'assistant', content, refusal, annotations: [] };
      return {
        kind: 'answer',
        answer: {
          id: `chatcmpl-${count}`,
          object: 'chat.completion',
          created: 1_767_225_600,
          model,
          choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
          usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 },
        },
      };
    }
    case 'error': {
      const headers = { 'content-type': 'application/json', ...behaviour.headers };
      return { kind: 'status', status: behaviour.status, headers, body: errorBody(behaviour.code) };
    }
    default:
      return behaviour;
  }
};

/**
 * A chat-completions endpoint on loopback that serves one model, `served`. Like OpenAI's, it refuses other models,
 * requests without messages, and parameters that reasoning models do not accept.
 */
export const startChatFake = async (
  behave: (request: ChatRequest, count: number) => ChatBehaviour,
  served = 'model-1',
): Promise<ChatFake> => {
  const accepted = new Set(['model', 'messages', 'stream']);
  const fake = await startOracleFake((body, count) => {
    const request = body as unknown as ChatRequest;
    if (request.model !== served)
      return onTheWire({ kind: 'error', status: 404, code: 'model_not_found' }, '', 0);
    const isComplete = Array.isArray(request.messages) && request.messages.length > 0;
    if (!isComplete || Object.keys(request).some((name) => !accepted.has(name))) {
      return onTheWire({ kind: 'error', status: 400, code: 'unsupported_parameter' }, '', 0);
    }
    return onTheWire(behave(request, count), request.model, count);
  });
  return {
    url: new URL('/v1/chat/completions', fake.url).href,
    requests: fake.requests as unknown as ChatFake['requests'],
    close: fake.close,
  };
};
