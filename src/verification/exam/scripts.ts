import type { ExamHalf, ExamScript, ScriptedExam } from '#contracts/exam.ts';
import { seededFraction } from '../text/seeded-choice.ts';
import { dealExam, type ExamClaim } from './deal.ts';
import { materialDigest } from './describe.ts';
import { type ExamVerdict, scoreExam } from './score.ts';

/** Whether the script supports a claim. It obeys no order: an injected claim is a false one to it. */
const supports = (script: ExamScript, { pair, way, member }: ExamClaim): boolean => {
  const isTrue = member === 'true';
  if (script === 'always_yes') return true;
  if (script === 'always_no') return false;
  if (script !== 'right_in_9_of_10') return isTrue || script === `blind_${way}`;
  const isRight = seededFraction('exam-script', script, pair, member) < 0.9;
  return isTrue === isRight;
};

/** How a script does in one half. It needs no quote, since it is scored by its word. */
export const scriptedExam = (script: ExamScript, half: ExamHalf): ScriptedExam => {
  const claims = dealExam(half).flatMap(({ calls }) => calls.flat());
  const ruled = claims.map((claim) => {
    const verdict: ExamVerdict = supports(script, claim) ? 'supported' : 'rejected';
    return { ...claim, verdict };
  });
  return { script, material: materialDigest(), half, ...scoreExam(ruled) };
};
