import { afterEach, expect, test } from 'vitest';
import { type CompletionsFake, startCompletionsFake } from '#testing/fakes/chat/completions-fake.ts';
import {
  answeredWrongly,
  type CompletionsFault,
  faultyCompletions,
  turnedAway,
} from '#testing/fakes/chat/faults.ts';
import { untilTimeIsUp } from '#testing/rigs/anthropic-rig.ts';
import { chatJudgeAt, chatSecret } from '#testing/rigs/chat-judge-rig.ts';
import { judgedScores, readChanges } from '#testing/rigs/judged-scores.ts';

/** The share of failing calls that the project promises to bear. */
const rate = 0.1;

const fakes: CompletionsFake[] = [];
afterEach(async () => {
  await Promise.all(fakes.splice(0).map((fake) => fake.close()));
});

const runWith = async (fault: CompletionsFault | null) => {
  const { fetch, timeIsUp } = untilTimeIsUp();
  const behaveFaultily = fault === null ? null : faultyCompletions({ rate, seed: 'chat faults', fault });
  const fake = await startCompletionsFake({
    apiKey: chatSecret,
    ...(behaveFaultily && {
      behave: async (request, count) => {
        const behaviour = await behaveFaultily(request, count);
        if (behaviour.kind === 'timeout') timeIsUp(request);
        return behaviour;
      },
    }),
  });
  fakes.push(fake);
  return { fake, ...(await judgedScores(chatJudgeAt(fake.url, { fetch, maxRetries: 5 }))) };
};

const undisturbed = runWith(null);

test.each<CompletionsFault>([...turnedAway, ...answeredWrongly])(
  '%s at every tenth call: the run completes, scores are those of the undisturbed run, and the certificate counts what was repeated',
  async (fault) => {
    const calm = await undisturbed;
    const { fake, counts, scores, judge } = await runWith(fault);
    expect(calm.counts).toMatchObject({
      scored: readChanges.length,
      unscored: 0,
      judgeRetries: 0,
      controls: 0,
    });
    expect(counts).toMatchObject({ scored: readChanges.length, unscored: 0 });
    for (const [id, score] of scores) expect(score).toEqual(calm.scores.get(id));
    expect(judge.forms).toEqual(['json_schema']);
    const repeated = fake.requests.length - calm.fake.requests.length;
    expect(repeated).toBeGreaterThan(2);
    if (turnedAway.some((each) => each === fault)) {
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

test('an endpoint that knows the form in words alone gives the same scores, and the certificate says so', async () => {
  const calm = await undisturbed;
  for (const otherForms of ['refused', 'ignored'] as const) {
    const fake = await startCompletionsFake({ apiKey: chatSecret, forms: ['words'], otherForms });
    fakes.push(fake);
    const { scores, judge } = await judgedScores(chatJudgeAt(fake.url));
    expect(judge).toMatchObject({
      provider: 'chat',
      model: 'model-1',
      endpoint: new URL(fake.url).origin,
      forms: ['words'],
    });
    for (const [id, score] of scores) expect(score).toEqual(calm.scores.get(id));
  }
});
