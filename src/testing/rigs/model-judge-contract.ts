import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type JudgeProvider, judgeOf } from '#contracts/judge-providers.ts';
import { freePort } from '#db/embedded/free-port.ts';
import { emptyAnswer, type Judge, type JudgeAnswer } from '#verification/judges/judge.ts';
import { fencedPieces } from '../fakes/anthropic/answers.ts';
import { longChange, replyTask } from './judge-rig.ts';

/** What a model answers in the situation `answer`, and in `another form`. */
export const contractAnswer: JudgeAnswer = {
  ...emptyAnswer,
  verdicts: [{ id: 'response', verdict: '0.5', quote: '' }],
};
export const anotherForm =
  '{"changes":[],"question":null,"variants":[],"verdicts":[{"id":"x","quote":"","reason":"","verdict":"maybe"}]}';

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
export type Situation = (typeof situations)[number];

/** What one request said, whatever the provider's form. */
type Seen = { model: string; maxTokens: number | null; texts: string };
type JudgeSetting = { key?: string; model?: string; maxRetries?: number };
/** How a provider is set up for the contract. */
type ModelJudgeHarness = {
  key: string;
  model: string;
  /** Starts the API's fake, which behaves as told, and opens the judge on it. */
  open(
    behave: (count: number) => Situation,
    setting?: JudgeSetting,
  ): Promise<{ judge: Judge; seen: () => Seen[] }>;
  /** The judge with its API at an address. */
  at(url: string, setting?: JudgeSetting): Judge;
};

const outcomes: Record<Situation, object> = {
  answer: { ok: true, answer: contractAnswer, usage: { calls: 1 } },
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

/** What every judge that is a model behind an API promises, whichever vendor's it is. */
export const modelJudgeContract = (provider: JudgeProvider, harness: ModelJudgeHarness): void => {
  describe(`the ${provider} judge, like every model judge,`, () => {
    test.each(situations)('makes of it what every other makes: %s', async (situation) => {
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
      const serve = async (answer: (response: ServerResponse) => void) => {
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
};
