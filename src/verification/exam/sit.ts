import type { ExamHalf, ExamResult } from '#contracts/exam.ts';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import type { Judge } from '../judges/judge.ts';
import { totalUsage } from '../judges/judge-usage.ts';
import { ruleOnEach } from '../judging/ruling.ts';
import { rulingOnClaims } from '../judging/verdicts.ts';
import { examChanges } from './changes.ts';
import { dealExam, type ExamClaim, type ExamSheet } from './deal.ts';
import { materialDigest } from './describe.ts';
import { type RuledClaim, scoreExam } from './score.ts';

/** There is no result; the message says why. What was answered before is none either. */
export class ExamBrokenOff extends Error {
  override readonly name = 'ExamBrokenOff';
}

const changeNamed = (changes: GroundTruth[], sought: string): GroundTruth => {
  const change = changes.find(({ id }) => id === sought);
  if (change === undefined) throw new Error(`The exam has no change ${sought}.`);
  return change;
};

const withIds = (claims: ExamClaim[]) => claims.map((claim, at) => ({ ...claim, id: `t${at + 1}` }));

/** How many calls a half makes if nothing is asked twice, and what they cost in US dollars. */
export const estimateExam = (judge: Judge, half: ExamHalf) => {
  const changes = examChanges();
  const costs = dealExam(half).flatMap(({ change, calls }) => {
    const opened = judge.open(changeNamed(changes, change));
    return calls.map((claims) => opened.costOf({ measure: 'precision', claims: withIds(claims) }));
  });
  return {
    calls: costs.length,
    likelyUsd: costs.reduce((sum, { likelyUsd }) => sum + likelyUsd, 0),
    mostUsd: costs.reduce((sum, { mostUsd }) => sum + mostUsd, 0),
  };
};

/** The calls about one change follow each other, so that the later ones read the cached diff. */
const sitSheet = async (judge: Judge, change: GroundTruth, { calls }: ExamSheet, signal: AbortSignal) => {
  const diff = parseDiff(change.diff);
  const opened = judge.open(change);
  const answers = [];
  for (const claims of calls) {
    const items = withIds(claims);
    const asked = await ruleOnEach(
      { judge: opened, model: judge.model, signal },
      rulingOnClaims(items, diff),
    );
    const { outcome, value, model, usage } = asked;
    if (outcome.kind === 'unavailable')
      throw new ExamBrokenOff(`the judge is not available: ${outcome.detail}`);
    const fault = outcome.kind === 'outlived' ? outcome.fault : null;
    const ruled = items.map(({ id, ...claim }): RuledClaim => {
      const quote = value.get(id);
      if (quote === undefined) return { ...claim, verdict: fault === null ? 'not_ruled_on' : 'unanswered' };
      return { ...claim, verdict: quote === null ? 'rejected' : 'supported' };
    });
    answers.push({ ruled, model, usage, fault });
  }
  return answers;
};

/**
 * Asks a judge about one half of the exam, about `atOnce` changes at a time. The judge sees the claims of a change as it
 * sees an oracle's, and its verdicts count by the same rules.
 * @throws ExamBrokenOff if the judge is not available, or gives no usable verdict at all
 */
export const sitExam = async (
  judge: Judge,
  half: ExamHalf,
  {
    atOnce,
    signal,
    onSheet,
  }: { atOnce: number; signal: AbortSignal; onSheet: (done: number, of: number) => void },
): Promise<ExamResult> => {
  const changes = examChanges();
  const sheets = dealExam(half);
  const open = [...sheets];
  const answers: Awaited<ReturnType<typeof sitSheet>> = [];
  const fault = new AbortController();
  const ending = AbortSignal.any([signal, fault.signal]);
  let done = 0;
  const work = async () => {
    for (let sheet = open.shift(); sheet !== undefined; sheet = open.shift()) {
      answers.push(...(await sitSheet(judge, changeNamed(changes, sheet.change), sheet, ending)));
      done += 1;
      onSheet(done, sheets.length);
    }
  };
  await Promise.all(
    Array.from({ length: atOnce }, () =>
      work().catch((error: unknown) => {
        // One fault ends the exam; the other calls under way are given up.
        fault.abort(error);
        throw error;
      }),
    ),
  );
  const scored = scoreExam(answers.flatMap(({ ruled }) => ruled));
  if (scored.claims.unanswered === scored.claims.shown)
    throw new ExamBrokenOff(`no claim got a usable verdict: ${answers.at(-1)?.fault}`);
  return {
    material: materialDigest(),
    half,
    provider: judge.provider,
    endpoint: judge.endpoint,
    model: judge.model,
    answeredBy: [...new Set(answers.map(({ model }) => model))].sort(),
    promptDigest: judge.promptDigest,
    ...scored,
    usage: totalUsage(answers.map(({ usage }) => usage)),
  };
};
