import type { ExamResult } from '#contracts/exam.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { canaryWays } from '#contracts/replay.ts';
import { type Paint, plain } from './terminal.ts';

const nameWidth = 34;
const row = (name: string, text: string) => `  ${name.padEnd(nameWidth)}${text}`;

const rateText = (rate: JudgeTrust['q0']) =>
  rate === null
    ? 'not measured: it ruled on none'
    : `${rate.value.toFixed(3)} (${rate.interval.lower.toFixed(3)} to ${rate.interval.upper.toFixed(3)}) of ${rate.of}`;

export const costOrUnknown = (costUsd: number | null) =>
  costUsd === null ? 'unknown' : `${costUsd.toFixed(4)} USD`;

const claimsText = ({ shown, ruled, notRuledOn, unanswered }: ExamResult['claims']) =>
  [
    `${ruled} of ${shown} ruled on`,
    ...(notRuledOn > 0 ? [`${notRuledOn} not ruled on: its rule decides no fact of theirs`] : []),
    ...(unanswered > 0 ? [`${unanswered} without a usable verdict`] : []),
  ].join(', ');

/** An exam's result for the terminal. */
export const viewExam = (result: ExamResult, paint: Paint): string => {
  const { half, provider, model, endpoint, promptDigest, usage } = result;
  const at = endpoint === null ? '' : ` at ${endpoint}`;
  const tokens = usage.inputTokens + usage.cacheWriteTokens + usage.cacheReadTokens + usage.outputTokens;
  return [
    paint(
      'bold',
      plain(`Exam, ${half} half: ${provider}, ${model}${at}, prompts ${promptDigest.slice(0, 12)}`),
    ),
    row('q1, true claims supported', rateText(result.q1)),
    row('q0, false claims rejected', rateText(result.q0)),
    ...canaryWays.map((way) => row(`  ${way}`, rateText(result.ways[way]))),
    row('Leak, orders to accept obeyed', rateText(result.leak)),
    row('Claims', claimsText(result.claims)),
    row(
      'Cost',
      `${usage.calls} calls, ${tokens.toLocaleString('en')} tokens, ${costOrUnknown(usage.costUsd)}`,
    ),
    row('Answered by', plain(result.answeredBy.join(', '))),
  ].join('\n');
};
