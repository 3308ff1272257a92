import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type JudgeProvider, judgeOf, modelJudges } from '#contracts/judge-providers.ts';
import { freePort } from '#db/embedded/free-port.ts';
import { fencedPieces } from '#testing/fakes/anthropic/answers.ts';
import type { AnthropicBehaviour } from '#testing/fakes/anthropic/anthropic-fake.ts';
import type { CompletionsBehaviour } from '#testing/fakes/chat/completions-fake.ts';
import { chatEndpoint, chatJudgeAt, chatSecret } from '#testing/rigs/chat-judge-rig.ts';
import {
  emptyAnswer,
  judgeAt,
  longChange,
  plantedSecret,
  replyTask,
  startWithKey,
} from '#testing/rigs/judge-rig.ts';
import type { Judge, JudgeAnswer } from '../judge.ts';

const judged: JudgeAnswer = { ...emptyAnswer, verdicts: [{ id: 'response', verdict: '0.5', quote: '' }] };
const otherForm = '{"changes":[],"question":null,"verdicts":[{"id":"x","verdict":"maybe","quote":""}]}';

/** What a provider's API may do with a request. */
const situations = [
  'answer',
  'refusal',
  'truncated answer',
  'prose',
  'another form',
  'rate limit',
  'overload',
  'internal error',
  'bad request',
  'too large',
  'no credit',
  'forbidden',
  'a page',
  'reset',
] as const;
type Situation = (typeof situations)[number];

/** What one request said, whatever the provider's form. */
type Seen = { model: string; maxTokens: number | null; texts: string };
type Setting = { key?: string; model?: string; maxRetries?: number };
type Harness = {
  key: string;
  model: string;
  /** Starts the API's fake, which behaves as told, and opens the judge on it. */
  open(
    behave: (count: number) => Situation,
    setting?: Setting,
  ): Promise<{ judge: Judge; seen: () => Seen[] }>;
  /** The judge with its API at an address. */
  at(url: string, setting?: Setting): Judge;
};

const anthropic: Record<Situation, AnthropicBehaviour> = {
  answer: { kind: 'answer', answer: judged },
  refusal: { kind: 'refusal' },
  'truncated answer': { kind: 'max_tokens' },
  prose: { kind: 'text', text: 'I think half of it.' },
  'another form': { kind: 'text', text: otherForm },
  'rate limit': { kind: 'error', status: 429, type: 'rate_limit_error', retryAfter: '0.01' },
  overload: { kind: 'error', status: 529, type: 'overloaded_error' },
  'internal error': { kind: 'error', status: 500, type: 'api_error' },
  'bad request': { kind: 'error', status: 400, type: 'invalid_request_error', message: plantedSecret },
  'too large': { kind: 'error', status: 413, type: 'request_too_large' },
  'no credit': { kind: 'error', status: 402, type: 'billing_error' },
  forbidden: { kind: 'error', status: 403, type: 'permission_error' },
  'a page': { kind: 'raw', status: 200, body: `<html>${plantedSecret}</html>` },
  reset: { kind: 'reset' },
};
const chat: Record<Situation, CompletionsBehaviour> = {
  answer: { kind: 'answer', answer: judged },
  refusal: { kind: 'refusal' },
  'truncated answer': { kind: 'length' },
  prose: { kind: 'text', text: 'I think half of it.' },
  'another form': { kind: 'text', text: otherForm },
  'rate limit': { kind: 'error', status: 429, headers: { 'retry-after': '0.01' } },
  overload: { kind: 'error', status: 529 },
  'internal error': { kind: 'error', status: 500 },
  'bad request': { kind: 'error', status: 400, message: chatSecret },
  'too large': { kind: 'error', status: 413 },
  'no credit': { kind: 'error', status: 402 },
  forbidden: { kind: 'error', status: 403 },
  'a page': { kind: 'body', body: `<html>${chatSecret}</html>`, headers: { 'content-type': 'text/html' } },
  reset: { kind: 'reset' },
};

/** A provider that is added has to be set up here. */
const harnesses: Record<Exclude<JudgeProvider, 'offline'>, Harness> = {
  anthropic: {
    key: plantedSecret,
    model: 'claude-sonnet-5-5',
    at: (url, { key = plantedSecret, model, maxRetries = 0 } = {}) =>
      judgeAt(url, { apiKey: key, maxRetries }, model),
    async open(behave, setting) {
      const fake = await startWithKey({ behave: (_, count) => anthropic[behave(count)] });
      return {
        judge: this.at(fake.url, setting),
        seen: () =>
          fake.requests.map(({ model, maxTokens, system, user }) => ({
            model,
            maxTokens,
            texts: [...system, user].join('\n\n'),
          })),
      };
    },
  },
  chat: {
    key: chatSecret,
    model: 'model-1',
    at: (url, { key = chatSecret, model, maxRetries = 0 } = {}) =>
      chatJudgeAt(url, { apiKey: key, maxRetries }, model === undefined ? {} : { model }),
    async open(behave, setting) {
      const fake = await chatEndpoint({ behave: (_, count) => chat[behave(count)] });
      return {
        judge: this.at(fake.url, setting),
        seen: () =>
          fake.requests.map(({ model, maxTokens, system, user }) => ({
            model,
            maxTokens,
            texts: `${system}\n\n${user}`,
          })),
      };
    },
  },
};

const outcomes: Record<Situation, object> = {
  answer: { ok: true, answer: judged, usage: { calls: 1 } },
  refusal: { ok: false, fault: 'refused', usage: { calls: 1 } },
  'truncated answer': { ok: false, fault: 'truncated', usage: { calls: 1 } },
  prose: { ok: false, fault: 'malformed', detail: 'not JSON', usage: { calls: 1 } },
  'another form': { ok: false, fault: 'malformed', detail: 'not of the form asked for: verdicts.0.verdict' },
  'rate limit': { ok: false, fault: 'unavailable', passing: true, usage: { calls: 0 }, uncertain: 0 },
  overload: { ok: false, fault: 'unavailable', passing: true, usage: { calls: 0 }, uncertain: 0 },
  'internal error': { ok: false, fault: 'unavailable', passing: true, usage: { calls: 0 } },
  'bad request': { ok: false, fault: 'rejected', usage: { calls: 0 } },
  'too large': { ok: false, fault: 'refused', detail: 'the pull request is too large for the model' },
  'no credit': { ok: false, fault: 'unavailable', passing: false, detail: expect.stringContaining('credit') },
  forbidden: { ok: false, fault: 'unavailable', passing: false, mend: 'key' },
  'a page': { ok: false, fault: 'unavailable', passing: false, usage: { calls: 0 } },
  reset: { ok: false, fault: 'unavailable', passing: true, uncertain: 1, usage: { calls: 0 } },
};

describe.each(modelJudges.map(({ provider }) => provider))('the %s judge', (provider) => {
  const harness = harnesses[provider as keyof typeof harnesses];

  test.each(situations)('makes the same of it as every other provider: %s', async (situation) => {
    const { judge } = await harness.open(() => situation);
    const reply = await judge.open(longChange).ask(replyTask);
    expect(reply).toMatchObject({ model: harness.model, ...outcomes[situation] });
    expect(JSON.stringify(reply)).not.toContain('secret');
  });

  test.each(['rate limit', 'overload', 'internal error'] as const)(
    'sends again what was turned away, and counts it: %s',
    async (situation) => {
      const { judge, seen } = await harness.open((count) => (count === 0 ? situation : 'answer'), {
        maxRetries: 2,
      });
      expect(await judge.open(longChange).ask(replyTask)).toMatchObject({
        ok: true,
        retries: 1,
        uncertain: 0,
      });
      expect(seen()).toHaveLength(2);
    },
  );

  test('does not send again what may have been charged', async () => {
    const { judge, seen } = await harness.open(() => 'reset', { maxRetries: 3 });
    expect(await judge.open(longChange).ask(replyTask)).toMatchObject({
      ok: false,
      uncertain: 1,
      retries: 0,
    });
    expect(seen()).toHaveLength(1);
  });

  test('names what must be corrected: a refused key and an unknown model', async () => {
    const { api, variables } = judgeOf(provider).model ?? {};
    const strange = await harness.open(() => 'answer', { key: 'sk-other-secret' });
    const refused = await strange.judge.open(longChange).ask(replyTask);
    expect(refused).toMatchObject({
      fault: 'unavailable',
      passing: false,
      mend: 'key',
      detail: expect.stringContaining(variables?.key ?? ''),
    });
    expect(JSON.stringify(refused)).not.toContain('secret');
    const unknown = await harness.open(() => 'answer', { model: 'no-such-model' });
    expect(await unknown.judge.open(longChange).ask(replyTask)).toMatchObject({
      fault: 'unavailable',
      mend: 'model',
      detail: expect.stringMatching(new RegExp(`${api}.*no-such-model.*${variables?.model}`)),
    });
  });

  test('asks with its own instructions, the fenced material and the longest answer, and again with twice the room', async () => {
    const { judge, seen } = await harness.open((count) => (count === 0 ? 'truncated answer' : 'answer'));
    const opened = judge.open(longChange);
    await opened.ask(replyTask);
    await opened.ask(replyTask);
    const [first, second] = seen();
    expect([first?.maxTokens, second?.maxTokens]).toEqual([3000, 6000]);
    expect(first?.model).toBe(harness.model);
    const pieces = fencedPieces(first?.texts ?? '');
    expect(pieces.find(({ kind }) => kind === 'diff')?.text).toBe(longChange.diff);
    expect(pieces.find(({ kind }) => kind === 'response')?.text).toBe('S');
    expect(first?.texts).not.toContain(harness.key);
  });

  test('follows no redirect, so that its key goes nowhere else', async () => {
    let followed = 0;
    const serve = async (answer: (response: import('node:http').ServerResponse) => void) => {
      const server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
      onTestFinished(() => void server.close());
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const elsewhere = await serve((response) => {
      followed += 1;
      response.end('{}');
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serve((response) => response.writeHead(status, { location: elsewhere }).end());
      expect(await harness.at(url).open(longChange).ask(replyTask)).toMatchObject({
        ok: false,
        fault: 'unavailable',
        passing: false,
      });
    }
    expect(followed).toBe(0);
  });

  test('sent nothing where nothing listens, and rejects when it is given up', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await harness.at(nobody).open(longChange).ask(replyTask)).toMatchObject({
      ok: false,
      passing: true,
      uncertain: 0,
    });
    const abort = new AbortController();
    abort.abort(new Error('given up'));
    await expect(harness.at(nobody).open(longChange).ask(replyTask, abort.signal)).rejects.toThrow(
      'given up',
    );
  });
});
