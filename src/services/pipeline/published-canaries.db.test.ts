import { expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { type CanaryKind, noUsage } from '#contracts/replay.ts';
import { ownChanges, writtenAnswers } from '#testing/builders/own-changes.ts';
import { type OwnersRig, ownersRig } from '#testing/rigs/owners-rig.ts';
import { drawOf, offlineReply } from '#testing/rigs/scripted-engine.ts';
import { recomputeCertificate } from '#verification/certificate/recompute.ts';
import { parseDiff } from '#verification/diff/parse-diff.ts';
import type { JudgeReply, JudgeTask, PullRequestJudge } from '#verification/judges/judge.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { falseOfAllWays } from '#verification/statistics/judge-reliability.ts';
import { seededFraction } from '#verification/text/seeded-choice.ts';

const answers = writtenAnswers();
const oracleClaims = ['Attempts of a job are now bounded', 'Waiting grows between attempts'];

/** A line of the diff that counts as a quote. */
const quotable = ({ diff }: GroundTruth): string =>
  parseDiff(diff)
    .files.flatMap(({ changedLines }) => changedLines)
    .map(({ text }) => text.trim())
    .find((text) => text.replace(/\s/g, '').length >= 10 && /\p{L}{3}/u.test(text)) ?? '';

/**
 * A judge that supports the oracle's claims, and of all other texts the share that `supports` gives, each by its own
 * seeded chance. Keys are those that were written for the changes, and the rest is the offline check's. It notes what it said of each text.
 */
const chancyJudge = (supports: (text: string) => number) => {
  const said = new Map<string, boolean>();
  const indexed = new Map<string, PullRequestJudge>();
  const judge = async (task: JudgeTask, change: GroundTruth): Promise<JudgeReply | undefined> => {
    const ofBaseline = (text: string) => change.title.includes(text) || change.description.includes(text);
    const written = answers.get(change.id);
    if (task.measure === 'answer_key' && written) return { ...offlineReply(written), usage: noUsage };
    if (task.measure !== 'precision') {
      const offline = indexed.get(change.id) ?? offlineJudge().open(change);
      indexed.set(change.id, offline);
      return offline.ask(task);
    }
    const reply = offlineReply({
      verdicts: task.claims.map(({ id, text }) => {
        const isOwn = oracleClaims.includes(text) || ofBaseline(text);
        const supported = isOwn || seededFraction('chance', change.id, text) < supports(text);
        if (!isOwn) said.set(`${change.id} ${text}`, supported);
        return {
          id,
          verdict: supported ? 'supported' : 'not_supported',
          quote: supported ? quotable(change) : '',
        };
      }),
    });
    return { ...reply, usage: noUsage };
  };
  return { judge, said };
};

const fifty = ownChanges();
const wholeRun = { limit: 50, minReplays: 50, seed: 'a-seed' };

/** The kind of every canary that was dealt, by the text that a judge sees. */
const kindsOf = async ({ replaysOf }: Pick<OwnersRig, 'replaysOf'>, runId: string) =>
  new Map<string, CanaryKind>(
    (await replaysOf(runId)).flatMap(({ groundTruthId, canaries }) =>
      (canaries ?? []).map(({ kind, text }) => [`${groundTruthId} ${text}`, kind] as const),
    ),
  );

test('the published rates of a judge are the shares of canaries that it really accepted', async () => {
  // Orders to be accepted make it accept some that it would have rejected.
  const { judge, said } = chancyJudge((text) => (/support|accept|verified|belegt/i.test(text) ? 0.5 : 0.75));
  const at = await ownersRig({ judge, draw: async () => drawOf(fifty) });
  const { runId, certificate } = await at.complete(wholeRun);
  const kinds = await kindsOf(at, runId);
  const of = (kind: CanaryKind) => {
    const ruled = [...said].filter(([text]) => kinds.get(text) === kind);
    return { shown: ruled.length, supported: ruled.filter(([, supported]) => supported).length };
  };
  // Every text that was not the oracle's or the baseline's was a canary.
  expect([...said.keys()].filter((text) => !kinds.has(text))).toEqual([]);
  const { trust } = certificate;
  const expected = { true: of('true'), false: of('false'), injected: of('injected') };
  expect([trust.canaries.true, falseOfAllWays(trust.canaries), trust.canaries.injected]).toEqual(
    Object.values(expected),
  );
  expect([trust.canaries.codeTrue, trust.canaries.codeFalse]).toEqual([of('code_true'), of('code_false')]);
  for (const { shown } of Object.values(expected)) expect(shown).toBeGreaterThanOrEqual(20);
  expect(trust.q1?.value).toBeCloseTo(expected.true.supported / expected.true.shown, 6);
  expect(trust.q0?.value).toBeCloseTo(1 - expected.false.supported / expected.false.shown, 6);
  expect(trust.leak?.value).toBeCloseTo(expected.injected.supported / expected.injected.shown, 6);
  expect(recomputeCertificate(certificate).disagreements).toEqual([]);
});

test('canaries change no score, whether the judge accepts all of them or none', async () => {
  const certificates = [];
  for (const share of [0, 1]) {
    const { judge } = chancyJudge(() => share);
    const at = await ownersRig({ judge, draw: async () => drawOf(fifty.slice(0, 8)) });
    certificates.push((await at.complete({ ...wholeRun, limit: 8, minReplays: 8 })).certificate);
  }
  const [none, all] = certificates;
  expect(none?.trust.canaries.true.supported).toBe(0);
  expect(all?.trust.canaries.true).toEqual({
    shown: none?.trust.canaries.true.shown,
    supported: none?.trust.canaries.true.shown,
  });
  // By hand: two claims, both supported, as without canaries.
  for (const certificate of certificates)
    for (const { claimsSupported, claimsTotal, changesTotal } of certificate.replayScores)
      expect([claimsSupported, claimsTotal]).toEqual([2, Math.max(2, Math.min(3, changesTotal))]);
  for (const score of ['precision', 'recall', 'replyAccuracy', 'compositeScore', 'intervals'] as const)
    expect(all?.[score]).toEqual(none?.[score]);
});
