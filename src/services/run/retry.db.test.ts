import { expect, test } from 'vitest';
import { answerKeys } from '#db/schema/answer-keys.ts';
import { interruptedRun, wholeReplay } from '#testing/builders/interrupted-run.ts';
import { ownersRig } from '#testing/rigs/owners-rig.ts';
import { changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import { SourceError } from '#verification/sources/source.ts';

test('a retried run has the same changes from the beginning, and of the stored steps only the shared keys', async () => {
  const at = await interruptedRun(
    { draw: async () => drawOf(changeNumbers(3), changeNumbers(2, 4)) },
    { seed: 'a-seed' },
  );
  const { runId } = await at.continueAs('retry', at.runId);
  expect(await at.run(runId)).toMatchObject({
    progress: 0,
    total: 3,
    continuesRunId: at.runId,
    continuation: 'retry',
  });
  const replays = await at.replaysOf(runId);
  expect(replays.map(({ groundTruthId, state }) => [groundTruthId, state])).toEqual([
    ['1', 'open'],
    ['2', 'open'],
    ['3', 'open'],
    ['4', 'reserve'],
    ['5', 'reserve'],
  ]);
  for (const { answerKey, oracle, precision, recall, reply, baseline, second, outcome } of replays)
    expect([answerKey, oracle, precision, recall, reply, baseline, second, outcome]).toEqual(
      Array.from({ length: 8 }, () => null),
    );
  const calls = await at.callsDuring(at.pump);
  const shared = [
    'answer_key:1',
    'answer_key:2',
    'baseline-precision:1',
    'baseline-recall:1',
    'baseline-reply:1',
  ];
  expect(calls.toSorted()).toEqual(
    ['1', '2', '3']
      .flatMap(wholeReplay)
      .filter((call) => !shared.includes(call))
      .toSorted(),
  );
  expect(await at.db.$count(answerKeys)).toBe(3);
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
});

test('a run that failed before its draw reads the repository again when retried, and needs its token again', async () => {
  let there = false;
  const tokens: (string | null)[] = [];
  const at = await ownersRig({
    draw: async ({ limit }, { githubToken }) => {
      tokens.push(githubToken);
      if (!there) throw new SourceError('not_found', 'There is no repository owner/name.');
      return drawOf(changeNumbers(limit));
    },
  });
  const first = await at.start({ githubToken: 'the-first-token' });
  await at.pump();
  there = true;
  await expect(at.continueAs('resume', first)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  await expect(at.continueAs('retry', first)).rejects.toMatchObject({
    fields: [{ path: 'githubToken', message: expect.stringContaining('Give it again') }],
  });
  const { runId } = await at.continueAs('retry', first, { githubToken: 'the-second-token' });
  expect(await at.run(runId)).toMatchObject({ status: 'PENDING', progress: 0, total: 0 });
  await at.pump();
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
  expect(tokens).toEqual(['the-first-token', 'the-second-token']);
});
