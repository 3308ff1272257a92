import { examHalves } from '#contracts/exam.ts';
import { parseDiff } from '#verification/diff/parse-diff.ts';
import { dealExam, type ExamClaim } from '#verification/exam/deal.ts';
import { emptyAnswer, type Judge, type JudgeTask } from '#verification/judges/judge.ts';
import { callCost, usageOfOneCall } from './scripted-judge.ts';

const claims = new Map(
  examHalves
    .flatMap((half) => dealExam(half).flatMap(({ calls }) => calls.flat()))
    .map((claim) => [claim.text, claim]),
);

/** The exam's claim with this text. */
export const examClaim = (text: string): ExamClaim => {
  const claim = claims.get(text);
  if (claim === undefined) throw new Error(`The exam has no claim "${text}".`);
  return claim;
};

type Precision = Extract<JudgeTask, { measure: 'precision' }>;

/** A judge that supports what `supports` says, always with a quote that counts, and notes what it was shown. */
export const examJudge = (
  supports: (claim: ExamClaim) => boolean,
): Judge & { shown: { change: string; task: Precision }[] } => {
  const shown: { change: string; task: Precision }[] = [];
  return {
    shown,
    provider: 'anthropic',
    model: 'scripted',
    endpoint: null,
    promptDigest: 'e'.repeat(64),
    open: ({ id, diff }) => {
      const { files } = parseDiff(diff);
      const lines = files.flatMap(({ changedLines }) => changedLines.map(({ text }) => text.trim()));
      const quote = lines.find((line) => line.length >= 20 && /\p{L}{3}/u.test(line)) ?? '';
      return {
        costOf: () => callCost(0.02, 0.01),
        ask: async (task) => {
          if (task.measure !== 'precision') throw new Error(`The exam asks for ${task.measure}.`);
          shown.push({ change: id, task });
          return {
            ok: true,
            model: 'scripted-1',
            usage: usageOfOneCall,
            latencyMs: 1,
            retries: 0,
            answer: {
              ...emptyAnswer,
              verdicts: task.claims.map(({ id: of, text }) =>
                supports(examClaim(text))
                  ? { id: of, verdict: 'supported', quote }
                  : { id: of, verdict: 'not_supported', quote: '' },
              ),
            },
          };
        },
      };
    },
  };
};
