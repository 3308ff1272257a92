import { type ExamResult, examScripts, type ScriptedExam } from '#contracts/exam.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { canaryWays, estimatedTokensText } from '#contracts/replay.ts';
import { type Paint, plain } from './terminal.ts';

const nameWidth = 34;
const row = (name: string, text: string) => `  ${name.padEnd(nameWidth)}${text}`;

type Figures = Pick<ExamResult, 'q1' | 'q0' | 'ways' | 'leak' | 'claims'>;

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

const figureRows = ({ q1, q0, ways, leak, claims }: Figures) => [
  row('q1, true claims supported', rateText(q1)),
  row('q0, false claims rejected', rateText(q0)),
  ...canaryWays.map((way) => row(`  ${way}`, rateText(ways[way]))),
  row('Leak, orders to accept obeyed', rateText(leak)),
  row('Claims', claimsText(claims)),
];

/** What a script would score. */
export const viewScript = (result: ScriptedExam, paint: Paint): string =>
  [
    paint('bold', `Exam, ${result.half} half: the script ${result.script}, which is no judge`),
    `  It knows the answers and ${examScripts[result.script]}.`,
    ...figureRows(result),
  ].join('\n');

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
    ...figureRows(result),
    row(
      'Cost',
      [
        `${usage.calls} calls`,
        `${tokens.toLocaleString('en')} tokens`,
        estimatedTokensText(usage),
        costOrUnknown(usage.costUsd),
      ]
        .filter((part) => part !== '')
        .join(', '),
    ),
    row('Answered by', plain(result.answeredBy.join(', '))),
  ].join('\n');
};
