import type { ExamHalf, ExamResult } from '#contracts/exam.ts';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { judgeOf } from '#contracts/judge-providers.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import type { Judge } from '../judges/judge.ts';
import { totalUsage } from '../judges/judge-usage.ts';
import { maxAsks } from '../judging/ask.ts';
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

/** How many calls a half makes if nothing is asked twice, and what they cost in US dollars. A rule makes no call. */
export const estimateExam = (judge: Judge, half: ExamHalf) => {
  if (judgeOf(judge.provider).model === null) return { calls: 0, likelyUsd: 0, mostUsd: 0 };
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

/** A judge that gives no usable verdict on so many questions in a row will give none on the others either. */
export const mostFruitless = 5;

/** Whether a judge is worth asking further. `fault` is what was wrong with its last answer. */
const fruitlessness = () => {
  let [inRow, fault] = [0, ''];
  return {
    note: (ruled: number, wrong: string | null) => {
      inRow = ruled === 0 && wrong !== null ? inRow + 1 : 0;
      fault = wrong ?? fault;
    },
    isReached: () => inRow >= mostFruitless,
    text: () =>
      `the judge gave no usable verdict on ${mostFruitless} questions in a row, each asked up to ${maxAsks} times, so it was asked no more. The last time: ${fault}`,
  };
};

const unanswered = (claims: ExamClaim[]) =>
  claims.map((claim): RuledClaim => ({ ...claim, verdict: 'unanswered' }));

/** The calls about one change follow each other, so that the later ones read the cached diff. */
const sitSheet = async (
  judge: Judge,
  change: GroundTruth,
  { calls }: ExamSheet,
  { fruitless, signal }: { fruitless: ReturnType<typeof fruitlessness>; signal: AbortSignal },
) => {
  const diff = parseDiff(change.diff);
  const opened = judge.open(change);
  const answers = [];
  for (const claims of calls) {
    if (fruitless.isReached()) {
      answers.push({ ruled: unanswered(claims), asked: null });
      continue;
    }
    const items = withIds(claims);
    const asked = await ruleOnEach(
      { judge: opened, model: judge.model, signal },
      rulingOnClaims(items, diff),
    );
    const { outcome, value, model, usage } = asked;
    if (outcome.kind === 'unavailable')
      throw new ExamBrokenOff(`the judge is not available: ${outcome.detail}`);
    const fault =
      outcome.kind === 'outlived'
        ? `${outcome.fault}${outcome.said === undefined ? '' : `. The API said: “${outcome.said}”`}`
        : null;
    const ruled = items.map(({ id, ...claim }): RuledClaim => {
      const quote = value.get(id);
      if (quote === undefined) return { ...claim, verdict: fault === null ? 'not_ruled_on' : 'unanswered' };
      return { ...claim, verdict: quote === null ? 'rejected' : 'supported' };
    });
    fruitless.note(value.size, fault);
    answers.push({ ruled, asked: { model, usage } });
  }
  return answers;
};

/**
 * Asks a judge about one half of the exam, about `atOnce` changes at a time. The judge sees the claims of a change as it
 * sees an oracle's, and its verdicts count by the same rules. A judge that turns out useless is asked no more
 * (`mostFruitless`); the other claims are then unanswered, and `onGivenUp` is told why.
 * @throws ExamBrokenOff if the judge is not available, or gives no usable verdict at all
 */
export const sitExam = async (
  judge: Judge,
  half: ExamHalf,
  {
    atOnce,
    signal,
    onSheet,
    onGivenUp,
  }: {
    atOnce: number;
    signal: AbortSignal;
    onSheet: (done: number, of: number) => void;
    onGivenUp: (why: string) => void;
  },
): Promise<ExamResult> => {
  const changes = examChanges();
  const sheets = dealExam(half);
  const open = [...sheets];
  const answers: Awaited<ReturnType<typeof sitSheet>> = [];
  const fruitless = fruitlessness();
  const fault = new AbortController();
  const ending = AbortSignal.any([signal, fault.signal]);
  let done = 0;
  const work = async () => {
    for (let sheet = open.shift(); sheet !== undefined; sheet = open.shift()) {
      answers.push(
        ...(await sitSheet(judge, changeNamed(changes, sheet.change), sheet, { fruitless, signal: ending })),
      );
      done += 1;
      if (!fruitless.isReached()) onSheet(done, sheets.length);
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
    throw new ExamBrokenOff(
      `${fruitless.text()}. Check that the model’s context holds the prompt, and that it can give a long answer in JSON, or name another one`,
    );
  if (fruitless.isReached()) onGivenUp(fruitless.text());
  const asked = answers.flatMap((answer) => (answer.asked === null ? [] : [answer.asked]));
  return {
    material: materialDigest(),
    half,
    provider: judge.provider,
    endpoint: judge.endpoint,
    model: judge.model,
    answeredBy: [...new Set(asked.map(({ model }) => model))].sort(),
    promptDigest: judge.promptDigest,
    ...scored,
    usage: totalUsage(asked.map(({ usage }) => usage)),
  };
};
