import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { RunRequest } from '#contracts/run-request.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { measureOf } from '#testing/fakes/anthropic/answers.ts';
import { chatEndpoint, chatJudgeAt } from '#testing/rigs/chat-judge-rig.ts';
import { openPolicy, runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { judgeAt, startWithKey } from '#testing/rigs/judge-rig.ts';
import { changeNumbers, type Script } from '#testing/rigs/scripted-engine.ts';
import { isForSecondAuthor } from '#verification/canaries/ways.ts';
import { recomputeCertificate } from '#verification/certificate/recompute.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import type { WorkerContext } from '../ground/context.ts';
import { continueRun } from '../run/continue.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';

const limit = 8;
/** Those of the run's changes whose variants the second provider writes. */
const second = changeNumbers(limit).filter(isForSecondAuthor);
const own = 'claude-sonnet-5-5';

/** A run by one provider where another one is configured. */
const runWith = async (
  engineOf: (engine: WorkerContext['engine']) => Partial<WorkerContext['engine']>,
  {
    script,
    endpoint = null,
    ...request
  }: Partial<RunRequest> & { script?: Script; endpoint?: string | null } = {},
) => {
  const rig = await testRig(script);
  const { engine } = rig.context;
  const chat = { model: 'model-1', endpoint, unavailable: null };
  const context: WorkerContext = {
    ...rig.context,
    policy: { ...openPolicy, judges: { ...openPolicy.judges, chat } },
    engine: { ...engine, ...engineOf(engine) },
  };
  const owner = await rig.user();
  const { runId } = await createRun(
    context,
    owner,
    runRequest({ judge: 'anthropic', limit, minReplays: 1, ...request }),
  );
  const work = async (id = runId) => {
    await rig.pump({ onto: context });
    const run = await getRun(context, owner, id);
    const certificate =
      run.certificateId === null ? null : await getPublicCertificate(context, run.certificateId);
    return { run, certificate };
  };
  const replays = () => rig.db.select().from(verificationReplays);
  return { ...rig, context, owner, runId, work, replays };
};

const authorsOf = (replays: Awaited<ReturnType<Awaited<ReturnType<typeof runWith>>['replays']>>) =>
  Object.fromEntries(
    replays.map(({ groundTruthId, answerKey }) => [
      groundTruthId,
      answerKey?.kind === 'made' ? answerKey.key.variants.author : 'no key',
    ]),
  );

test('of two providers each writes its half of the variants, and the certificate gives rates by both', async () => {
  const [anthropic, chat] = [await startWithKey(), await chatEndpoint()];
  const prices = { 'model-1': { input: 1, cacheWrite: 1, cacheRead: 1, output: 10 } };
  const { origin } = new URL(chat.url);
  const at = await runWith(
    () => ({
      judge: ({ provider }) =>
        provider === 'chat' ? chatJudgeAt(chat.url, {}, { prices }) : judgeAt(anthropic.url),
    }),
    { endpoint: origin },
  );
  const { run, certificate } = await at.work();
  expect([run.status, certificate?.replayCount]).toEqual(['COMPLETED', limit]);
  expect(certificate?.trust.authors.map(({ author }) => author)).toEqual([own, 'model-1']);
  for (const { q1, q0 } of certificate?.trust.authors ?? []) expect([q1, q0]).not.toContain(null);

  expect(chat.requests.map(({ user }) => measureOf(user))).toEqual(second.map(() => 'variants'));
  expect(anthropic.requests.map(({ user }) => measureOf(user))).not.toContain('variants');
  const authors = authorsOf(await at.replays());
  for (const { id } of changeNumbers(limit))
    expect([id, authors[id]]).toEqual([id, second.some((each) => each.id === id) ? 'model-1' : own]);

  // The other provider's calls are in the certificate and on the run's account like any other.
  expect(certificate?.usageByMeasure.answerKey.calls).toBe(limit + second.length);
  const spent = await at.db.select().from(judgeSpend);
  expect(spent.every(({ state }) => state === 'settled')).toBe(true);
  expect(spent).toHaveLength(anthropic.requests.length + chat.requests.length);
  expect(certificate?.usage.costUsd).toBeCloseTo(
    spent.reduce((sum, { costUsd }) => sum + costUsd, 0),
    9,
  );
  expect(certificate && recomputeCertificate(certificate).disagreements).toEqual([]);
});

test('a provider that refuses its key leaves the variants to the run’s own judge, and nothing unscored', async () => {
  const chat = await chatEndpoint({ apiKey: 'another' });
  const { origin } = new URL(chat.url);
  const at = await runWith(
    (engine) => ({
      judge: (identity, desk) =>
        identity.provider === 'chat' ? chatJudgeAt(chat.url) : engine.judge(identity, desk),
    }),
    { endpoint: origin },
  );
  const { certificate } = await at.work();
  expect(certificate?.counts).toMatchObject({ scored: limit, unscored: 0 });
  const authors = authorsOf(await at.replays());
  expect(second.map(({ id }) => authors[id])).toEqual(second.map(() => own));
});

test('a key waits for a worker that has its other author, and no paid call is repeated', async () => {
  let looked = 0;
  const hasJudge = (provider: string) => {
    looked += provider === 'chat' ? 1 : 0;
    return provider !== 'chat' || looked > 12;
  };
  const at = await runWith(() => ({ hasJudge }));
  const { certificate } = await at.work();
  expect(certificate?.counts.scored).toBe(limit);
  expect(at.calls.filter((call) => call.startsWith('answer_key'))).toHaveLength(limit);
  const authors = authorsOf(await at.replays());
  expect(second.map(({ id }) => authors[id])).toEqual(second.map(() => 'model-1'));
});

test('where no worker has it the run’s own judge writes in the end, also in economy mode', async () => {
  for (const economy of [false, true]) {
    const at = await runWith(
      (engine) => ({
        hasJudge: (provider) => provider !== 'chat',
        judge: (identity) => engine.judge(identity, null),
      }),
      { economy },
    );
    const { certificate } = await at.work();
    expect(certificate?.counts).toMatchObject({ scored: limit, unscored: 0 });
    const authors = authorsOf(await at.replays());
    expect(second.map(({ id }) => authors[id])).toEqual(second.map(() => own));
    expect(at.calls.filter((call) => call.startsWith('answer_key'))).toHaveLength(limit);
  }
});

test('the other author’s calls count against the run’s limit, and a resumed run keeps the key that it paid for', async () => {
  const at = await runWith(() => ({}), { script: { costUsd: 1 }, limit: 1, maxCostUsd: 1.5 });
  const { run } = await at.work();
  expect(run).toMatchObject({ status: 'FAILED', costUsd: 1 });
  expect(at.calls.filter((call) => call !== 'draw' && call !== 'end')).toEqual(['answer_key:1']);
  const resumed = await continueRun(at.context, at.owner, 'resume', {
    id: at.runId,
    maxCostUsd: 50,
    oracleHeaders: {},
    githubToken: null,
  });
  const { certificate } = await at.work(resumed.runId);
  expect(certificate?.counts.scored).toBe(1);
  expect(at.calls.filter((call) => /^(answer_key|variants)/.test(call))).toEqual([
    'answer_key:1',
    'variants:1',
  ]);
  expect(certificate?.usageByMeasure.answerKey).toMatchObject({ calls: 2, costUsd: 2 });
  const [replay] = await at.db
    .select({ draftKey: verificationReplays.draftKey, answerKey: verificationReplays.answerKey })
    .from(verificationReplays)
    .where(eq(verificationReplays.runId, resumed.runId));
  expect(replay).toMatchObject({ draftKey: null, answerKey: { key: { variants: { author: 'model-1' } } } });
});
