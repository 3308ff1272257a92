import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import type { JudgeAnswer } from '#verification/judges/judge.ts';
import { modelAnswer } from '../../builders/model-answer.ts';
import { anthropicRig } from '../../rigs/anthropic-rig.ts';
import { type AnthropicFault, faultyBehaviour } from './faults.ts';
import type { Behave } from './message.ts';
import type { AnthropicRequest } from './request.ts';

const answer: JudgeAnswer = {
  changes: [],
  question: null,
  variants: [],
  verdicts: [
    { id: 't1', verdict: 'supported', quote: 'const a' },
    { id: 't2', verdict: 'not_supported', quote: '' },
  ],
};
const always: Behave = () => ({ kind: 'answer', answer });

const ask = async (fault: AnthropicFault, options: { maxRetries?: number; timeout?: number } = {}) => {
  const { sdk } = await anthropicRig({
    behave: faultyBehaviour({ rate: 1, seed: 's', fault }, always),
  });
  return sdk(options).messages.create({
    model: 'claude-sonnet-5-5',
    max_tokens: 1000,
    messages: [{ role: 'user', content: 'Q' }],
  });
};
const textOf = ({ content: [block] }: Anthropic.Message) => (block?.type === 'text' ? block.text : null);

test.each<[AnthropicFault, object]>([
  ['429', { status: 429, type: 'rate_limit_error' }],
  ['529', { status: 529, type: 'overloaded_error' }],
])('%s fails as the API fails', async (fault, error) => {
  await expect(ask(fault)).rejects.toMatchObject(error);
});

test('timeout never answers and reset breaks the connection', async () => {
  await expect(ask('timeout', { timeout: 30 })).rejects.toThrow(Anthropic.APIConnectionTimeoutError);
  await expect(ask('reset')).rejects.toThrow(Anthropic.APIConnectionError);
});

test('truncated_json ends its turn with truncated JSON', async () => {
  const message = await ask('truncated_json');
  expect(message.stop_reason).toBe('end_turn');
  const text = textOf(message) ?? '';
  expect(JSON.stringify(modelAnswer(answer)).startsWith(text)).toBe(true);
  expect(() => JSON.parse(text)).toThrow();
});

test.each<[AnthropicFault, string[]]>([
  ['extra_id', ['t1', 't2', 't2-unknown']],
  ['missing_id', ['t1']],
])('%s changes only the verdicts', async (fault, ids) => {
  const { verdicts, ...rest } = JSON.parse(textOf(await ask(fault)) ?? '') as JudgeAnswer;
  expect(verdicts.map(({ id }) => id)).toEqual(ids);
  expect(rest).toEqual({ changes: [], question: null, variants: [] });
});

test.each<AnthropicFault>(['refusal', 'max_tokens'])('%s is the message’s stop reason', async (fault) => {
  expect((await ask(fault)).stop_reason).toBe(fault);
});

const requestOf = (user: string): AnthropicRequest => ({
  headers: {},
  model: 'm',
  maxTokens: 10,
  system: [],
  user,
  schema: undefined,
  batch: null,
});
const drawn = async (behave: Behave, user: string) => (await behave(requestOf(user), 0)).kind !== 'answer';
const drawnOf = async (seed: string, users: string[], rate = 0.3) => {
  const behave = faultyBehaviour({ rate, seed, fault: '529' }, always);
  const hit: string[] = [];
  for (const user of users) if (await drawn(behave, user)) hit.push(user);
  return hit.sort();
};
const users = Array.from({ length: 1000 }, (_, index) => `question ${index}`);

test('faults come at their rate', async () => {
  // Binomial with n = 1000, p = 0.3: 300 ± 3.9 standard deviations of 14.5.
  const { length } = await drawnOf('a', users);
  expect(length).toBeGreaterThan(243);
  expect(length).toBeLessThan(357);
  expect(await drawnOf('a', users, 0)).toEqual([]);
  expect(await drawnOf('a', users, 1)).toHaveLength(1000);
});

test('the seed and the content decide which requests are hit, not their order or nonces', async () => {
  const hit = await drawnOf('a', users);
  expect(await drawnOf('a', users.toReversed())).toEqual(hit);
  expect(await drawnOf('b', users)).not.toEqual(hit);
  const fenced = (nonce: string) =>
    users.map(
      (user) => `The nonce is ${nonce}.\n<untrusted-${nonce} kind="claim">\n${user}\n</untrusted-${nonce}>`,
    );
  const questions = (texts: string[]) => texts.map((text) => /question \d+/.exec(text)?.[0]);
  const one = await drawnOf('a', fenced('aa11'));
  expect(questions(await drawnOf('a', fenced('bb22')))).toEqual(questions(one));
});

test('each retry of a request is drawn separately', async () => {
  const behave = faultyBehaviour({ rate: 0.5, seed: 'a', fault: '529' }, always);
  const hits: boolean[] = [];
  for (const _ of Array(40)) hits.push(await drawn(behave, 'the same'));
  expect(new Set(hits).size).toBe(2);
});

test('a 429 also hits the next two requests, whatever they ask', async () => {
  const rate = 0.02;
  const behave = faultyBehaviour({ rate, seed: 'a', fault: '429' }, always);
  const hits: boolean[] = [];
  for (const user of users) hits.push(await drawn(behave, user));
  const runs = hits
    .map((hit) => (hit ? 'x' : '.'))
    .join('')
    .match(/x+/g);
  expect(runs?.length).toBeGreaterThan(5);
  for (const run of runs ?? []) expect(run.length).toBeGreaterThanOrEqual(3);
});

test('without another behaviour, requests that are not hit are answered plausibly', async () => {
  const behave = faultyBehaviour({ rate: 0, seed: 'a', fault: '529' });
  expect(await behave(requestOf('# Task: answer_key'), 0)).toMatchObject({ kind: 'answer' });
});
