import type { OracleAnswer } from '#contracts/oracle.ts';
import type { AnswerKey } from '#contracts/replay.ts';
import { parseDiff } from '#verification/diff/parse-diff.ts';
import type { JudgeAnswer, PullRequestJudge } from '#verification/judges/judge.ts';
import type { VerdictMaterial } from '#verification/judging/verdicts.ts';
import { judgedAnswer } from '#verification/text/judged-answer.ts';
import { changeNumber } from '../rigs/scripted-engine.ts';
import type { ScriptedReply } from '../rigs/scripted-judge.ts';
import { noVariants } from './replay-checkpoint.ts';

export const judgedChange = changeNumber(1);
export const limitLine = 'export const retryLimit1 = 25;';
export const backoffLine = 'export const backoffSeconds1 = 15;';
export const judgedKey: AnswerKey = {
  changes: [
    { id: 'c1', statement: 'Retries are limited to 25.', quote: limitLine },
    { id: 'c2', statement: 'Retries wait 15 seconds.', quote: backoffLine },
  ],
  question: 'How many retries are allowed?',
  referenceAnswer: '25',
  questionQuote: limitLine,
  variants: noVariants,
};
export const judgedClaims = [
  'Failing jobs give up eventually',
  'Attempts pause between each other',
  'Workers sleep forever',
];

/** Material for verdicts: an answer of three claims about a change whose key has two, with a test's changes. */
export const verdictMaterial = (
  judge: PullRequestJudge,
  answer: Partial<OracleAnswer> = {},
): VerdictMaterial => ({
  judge,
  model: 'configured-model',
  groundTruth: judgedChange,
  diff: parseDiff(judgedChange.diff),
  key: judgedKey,
  answer: judgedAnswer({
    summary: 'Failing jobs stop at a bound.\nThey pause for a quarter of a minute.',
    keyClaims: judgedClaims.map((claim) => ({ claim, confidence: null })),
    followUpResponse: 'Twenty-five.',
    ...answer,
  }),
});

type Verdict = JudgeAnswer['verdicts'][number];

export const verdict = (id: string, value: Verdict['verdict'], quote = ''): Verdict => ({
  id,
  verdict: value,
  quote,
});

/** A scripted judge's reply. */
export const says = (...verdicts: Verdict[]): ScriptedReply => ({ verdicts });
