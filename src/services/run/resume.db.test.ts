import { expect, test } from 'vitest';
import { type Certificate, certificateSchema } from '#contracts/certificate.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { interruptedRun, wholeReplay } from '#testing/builders/interrupted-run.ts';
import { type OwnersRig, ownersRig } from '#testing/rigs/owners-rig.ts';
import { changeNumbers, drawOf, noAnswerKeyFor, unavailable } from '#testing/rigs/scripted-engine.ts';

/** What a certificate says of scores and judge, without its own identity and what shows the interruption. */
/** What two runs of the same changes have alike. */
const scoresOf = (published: Certificate) => {
  const {
    id: _i,
    createdAt: _c,
    usage: _u,
    usageByMeasure: _m,
    counts: { oracleAskedAgain: _a, ...counts },
    replayScores,
    ...rest
  } = certificateSchema.parse(published);
  return {
    ...rest,
    counts,
    replayScores: replayScores.map(({ id: _own, scoredAt: _at, ...score }) => score),
  };
};

test('a resumed run has the same sample, seed and positions, and asks nothing again whose answer was stored', async () => {
  const at = await interruptedRun({}, { seed: 'a-seed' });
  const before = await at.replaysOf(at.runId);
  const { runId } = await at.continueAs('resume', at.runId);
  expect(await at.run(runId)).toMatchObject({
    progress: 1,
    total: 3,
    continuesRunId: at.runId,
    continuation: 'resume',
    constructId: 'construct',
    error: null,
  });
  const calls = await at.callsDuring(at.pump);
  // The key of the second change was stored; its oracle's answer came after the run had ended.
  expect(calls.toSorted()).toEqual(
    [...wholeReplay('2').filter((call) => call !== 'answer_key:2'), ...wholeReplay('3')].toSorted(),
  );
  const after = await at.replaysOf(runId);
  const places = (rows: typeof after) =>
    rows.map(({ position, groundTruthId, groundTruthDigest }) => [
      position,
      groundTruthId,
      groundTruthDigest,
    ]);
  expect(places(after)).toEqual(places(before));
  expect(after[0]).toMatchObject({ endedAt: before[0]?.endedAt, outcome: 'scored' });
  const rows = await at.db.select().from(verificationRuns);
  expect(new Set(rows.map(({ config }) => config.seed))).toEqual(new Set(['a-seed']));
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
  expect(await at.run(at.runId)).toMatchObject({
    status: 'FAILED',
    error: 'Cancelled by its owner',
    progress: 1,
    certificateId: null,
  });
});

test('an interrupted and resumed run gets every score of an undisturbed one on its certificate', async () => {
  const request = {
    judge: 'anthropic',
    limit: 8,
    minReplays: 8,
    seed: 'a-seed',
    agreementSample: 0.5,
  } as const;
  const at = await interruptedRun({}, request);
  const { runId } = await at.continueAs('resume', at.runId);
  await at.pump();
  const undisturbed = await ownersRig();
  const other = await undisturbed.start(request);
  await undisturbed.pump();
  expect(scoresOf(await at.certificateOf(runId))).toEqual(scoresOf(await undisturbed.certificateOf(other)));
});

test('interrupted at any step, a run and the one that resumes it ask each question once together', async () => {
  const questions = wholeReplay('1').filter((call) => !call.startsWith('oracle'));
  for (const interruptedAt of questions) {
    let cancels = true;
    const at: OwnersRig = await ownersRig({
      judge: async () => {
        // The call was noted before this.
        if (cancels && at.calls.at(-1) === interruptedAt) {
          cancels = false;
          await at.fail(first);
        }
        return undefined;
      },
    });
    const first = await at.start({ limit: 1, minReplays: 1 });
    await at.pump();
    expect((await at.run(first)).status).toBe('FAILED');
    const stored = await at.replaysOf(first);
    const { runId } = await at.continueAs('resume', first);
    const calls = await at.callsDuring(at.pump);
    expect(await at.run(runId), interruptedAt).toMatchObject({ status: 'COMPLETED', progress: 1, total: 1 });
    const keptSteps = Object.entries({
      answerKey: ['answer_key:1'],
      oracle: ['oracle:1'],
      precision: ['precision:1'],
      recall: ['recall:1'],
      reply: ['reply:1'],
    }).flatMap(([step, names]) => (stored[0]?.[step as 'oracle'] ? names : []));
    // A key that was made after its run had ended is kept for others, and so are the verdicts on the baseline, which are
    // asked for beside the oracle's. The run that resumes this one uses them too.
    const shared = interruptedAt.startsWith('answer_key')
      ? ['answer_key:1']
      : ['baseline-precision:1', 'baseline-recall:1', 'baseline-reply:1'];
    const missing = wholeReplay('1').filter((call) => !keptSteps.includes(call) && !shared.includes(call));
    expect(calls.toSorted(), interruptedAt).toEqual(missing.toSorted());
  }
});

test('a question that was sent without its outcome being stored is asked again, and the certificate counts it', async () => {
  let cancels = true;
  const at: OwnersRig = await ownersRig({
    oracle: async ({ pr }) => {
      if (cancels && pr.id === '2') await at.fail(first);
      return undefined;
    },
  });
  const first = await at.start();
  await at.pump();
  cancels = false;
  const { runId } = await at.continueAs('resume', first);
  await at.pump();
  expect(at.calls.filter((call) => call === 'oracle:2')).toHaveLength(2);
  expect((await at.certificateOf(runId)).counts).toMatchObject({ oracleAskedAgain: 1, oracleRetries: 0 });

  const undisturbed = await at.start();
  await at.pump();
  expect((await at.certificateOf(undisturbed)).counts.oracleAskedAgain).toBe(0);
});

test('a resumed run tries again what the verifier failed to get, and not what was scored', async () => {
  let down = true;
  const at: OwnersRig = await ownersRig({
    judge: async ({ measure }, { id }) =>
      down && ((id === '1' && measure === 'recall') || (id === '2' && measure === 'answer_key'))
        ? unavailable('no connection')
        : undefined,
    oracle: async ({ pr }) => {
      if (down && pr.id === '3') await at.fail(first);
      return undefined;
    },
  });
  const first = await at.start();
  await at.pump();
  expect((await at.replaysOf(first)).map(({ outcome }) => outcome)).toEqual(['unscored', 'unscored', null]);
  down = false;
  const { runId } = await at.continueAs('resume', first);
  expect(await at.run(runId)).toMatchObject({ progress: 0, total: 3 });
  const calls = await at.callsDuring(at.pump);
  expect(calls.filter((call) => /:1$/.test(call)).toSorted()).toEqual([
    'baseline-precision:1',
    'baseline-recall:1',
    'baseline-reply:1',
    'recall:1',
  ]);
  expect(calls.filter((call) => /:2$/.test(call)).toSorted()).toEqual(wholeReplay('2').toSorted());
  expect(calls).not.toContain('answer_key:3');
  expect((await at.certificateOf(runId)).counts).toMatchObject({ scored: 3, unscored: 0 });
});

test('missing verdicts on the baseline or for the agreement are tried again too', async () => {
  let down = true;
  const at: OwnersRig = await ownersRig({
    judge: async (task, { id, title }) =>
      down && id === '1' && task.measure === 'recall' && task.summary.includes(title)
        ? unavailable('no connection')
        : undefined,
    oracle: async ({ pr }) => {
      if (down && pr.id === '2') await at.fail(first);
      return undefined;
    },
  });
  const first = await at.start({ limit: 2, minReplays: 2 });
  await at.pump();
  expect((await at.replaysOf(first))[0]).toMatchObject({ outcome: 'scored' });
  down = false;
  const { runId } = await at.continueAs('resume', first);
  const calls = await at.callsDuring(at.pump);
  expect(calls.filter((call) => /:1$/.test(call)).toSorted()).toEqual([
    'baseline-precision:1',
    'baseline-recall:1',
    'baseline-reply:1',
  ]);
  expect((await at.certificateOf(runId)).trust.baseline?.replays).toBe(2);
});

test('a resumed run whose replays have all ended is certified at once', async () => {
  const at = await ownersRig();
  const first = await at.start();
  const { engine } = at.context;
  // Only certification fails.
  const broken: typeof engine = {
    ...engine,
    judge: (choice, batches) => {
      if (at.calls.filter((call) => call.startsWith('baseline-recall')).length === 3)
        throw new TypeError('a bug');
      return engine.judge(choice, batches);
    },
  };
  await at.pump({ onto: { ...at.context, engine: broken } });
  expect(await at.run(first)).toMatchObject({ status: 'FAILED', progress: 3, total: 3 });
  const { runId } = await at.continueAs('resume', first);
  expect(await at.run(runId)).toMatchObject({ status: 'CERTIFYING', progress: 3, total: 3 });
  expect(await at.queued()).toEqual([
    { name: 'certify-run', data: { runId }, judge: 'offline', stranger: null },
  ]);
  expect(await at.callsDuring(at.pump)).toEqual([]);
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', certificateId: expect.any(String) });
});

test('changes that were replaced stay replaced, and progress and total leave them out', async () => {
  const at = await interruptedRun({
    draw: async () => drawOf(changeNumbers(3), changeNumbers(2, 4)),
    judge: noAnswerKeyFor('1'),
  });
  const { runId } = await at.continueAs('resume', at.runId);
  expect(await at.run(runId)).toMatchObject({ progress: 0, total: 3 });
  await at.pump();
  expect((await at.replaysOf(runId)).map(({ groundTruthId, outcome }) => [groundTruthId, outcome])).toEqual([
    ['1', 'replaced'],
    ['2', 'scored'],
    ['3', 'scored'],
    ['4', 'scored'],
    ['5', null],
  ]);
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
});

test('a resumed run that fails can be resumed again from where it stopped', async () => {
  const at = await interruptedRun();
  const second = await at.continueAs('resume', at.runId);
  await at.fail(second.runId);
  const third = await at.continueAs('resume', second.runId);
  expect(await at.run(third.runId)).toMatchObject({ progress: 1, total: 3, continuesRunId: second.runId });
  await at.pump();
  expect((await at.run(third.runId)).status).toBe('COMPLETED');
  expect(at.calls.filter((call) => call.startsWith('answer_key'))).toHaveLength(3);
});
