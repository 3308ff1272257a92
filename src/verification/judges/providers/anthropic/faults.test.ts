import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type AnthropicFake, startAnthropicFake } from '#testing/fakes/anthropic/anthropic-fake.ts';
import { type AnthropicFault, faultyBehaviour } from '#testing/fakes/anthropic/faults.ts';
import { untilTimeIsUp } from '#testing/rigs/anthropic-rig.ts';
import { judgedScores, readChanges } from '#testing/rigs/judged-scores.ts';
import { modelJudge } from '../../model/model-judge.ts';
import { createPrices } from '../../model/prices.ts';
import { createAnthropicClient } from './client.ts';

/** The share of failing calls that the project promises to bear. */
const rate = 0.1;

const fakes: AnthropicFake[] = [];
afterEach(async () => {
  await Promise.all(fakes.splice(0).map((fake) => fake.close()));
});

const runWith = async (fault: AnthropicFault | null) => {
  const { fetch, timeIsUp } = untilTimeIsUp();
  const behaveFaultily = fault === null ? null : faultyBehaviour({ rate, seed: 'faults', fault });
  const fake = await startAnthropicFake(
    behaveFaultily === null
      ? {}
      : {
          behave: async (request, count) => {
            const behaviour = await behaveFaultily(request, count);
            if (behaviour.kind === 'timeout') timeIsUp(request);
            return behaviour;
          },
        },
  );
  fakes.push(fake);
  const client = createAnthropicClient({
    apiKey: 'sk-ant-test',
    baseURL: fake.url,
    fetch,
    sleep: async (ms, signal) => {
      await delay(ms, undefined, signal && { signal });
    },
  });
  const judge = modelJudge({
    provider: 'anthropic',
    client,
    model: 'claude-sonnet-5-5',
    random: randomBytes,
    prices: createPrices('anthropic'),
    batches: null,
    now: Date.now,
  });
  return { fake, ...(await judgedScores(judge)) };
};

const undisturbed = runWith(null);

/**
 * Faults shown by a status or a broken connection: the client sends again. After the others the judge is asked again.
 */
const sentAgain: AnthropicFault[] = ['429', '529', 'timeout', 'reset'];

test.each<AnthropicFault>([
  '429',
  '529',
  'timeout',
  'reset',
  'truncated_json',
  'extra_id',
  'missing_id',
  'refusal',
  'max_tokens',
])(
  '%s at every tenth call: the run completes, scores are those of the undisturbed run, and the certificate counts what was repeated',
  async (fault) => {
    const calm = await undisturbed;
    const { fake, counts, scores } = await runWith(fault);
    expect(calm.counts).toMatchObject({
      scored: readChanges.length,
      unscored: 0,
      judgeRetries: 0,
      controls: 0,
    });
    expect(counts).toMatchObject({ scored: readChanges.length, unscored: 0 });
    for (const [id, score] of scores) expect(score).toEqual(calm.scores.get(id));
    const repeated = fake.requests.length - calm.fake.requests.length;
    expect(repeated).toBeGreaterThan(2);
    if (sentAgain.includes(fault)) {
      // Calls that outlasted the client's own retries were sent again by this test, which is not counted.
      expect(counts.judgeRetries).toBeGreaterThan(0);
      expect(counts.judgeRetries).toBeLessThanOrEqual(repeated);
      expect(counts.judgeReasks).toBe(calm.counts.judgeReasks);
    } else {
      expect(counts.judgeRetries).toBe(0);
      expect(counts.judgeReasks).toBe(calm.counts.judgeReasks + repeated);
    }
  },
);
