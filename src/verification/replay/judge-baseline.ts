import type { Baseline, BaselineVerdicts } from '#contracts/replay.ts';
import { judgePrecision, judgeRecall, judgeReply, type VerdictMaterial } from '../judging/verdicts.ts';
import { allEnded } from './all-ended.ts';
import type { SharedJudgments } from './shared-judgments.ts';

/** Null while a verdict is missing. */
const wholeOf = ({ precision, recall, reply }: Partial<BaselineVerdicts>): BaselineVerdicts | null =>
  precision === undefined || recall === undefined || reply === undefined
    ? null
    : { precision, recall, reply };

/**
 * Obtains the verdicts on the baseline. It takes those of this replay or another one, or asks for new ones and keeps
 * each as it arrives. They are shared once all are there.
 */
export const judgeBaseline = async (
  material: VerdictMaterial,
  {
    shared,
    baseline,
    keep,
  }: {
    shared: SharedJudgments | null;
    baseline: Baseline | undefined;
    keep: (parts: Baseline) => Promise<unknown>;
  },
): Promise<void> => {
  const { key } = material;
  let { reused = false, ...verdicts }: Partial<Baseline> = baseline ?? {};
  const stored = wholeOf(verdicts) === null ? await shared?.baseline(key) : null;
  if (stored && (stored.own || baseline === undefined)) {
    reused = !stored.own;
    // Those that this replay has are never stored again.
    const { precision, recall, reply } = stored.value;
    await keep({
      ...(verdicts.precision === undefined && { precision }),
      ...(verdicts.recall === undefined && { recall }),
      ...(verdicts.reply === undefined && { reply }),
      reused,
    });
    verdicts = stored.value;
  }
  const arrived = (parts: Partial<BaselineVerdicts>) => {
    verdicts = { ...verdicts, ...parts };
    return keep({ ...parts, reused });
  };
  const asked = allEnded([
    verdicts.reply === undefined && judgeReply(material).then((reply) => arrived({ reply })),
    verdicts.precision === undefined && judgePrecision(material).then((precision) => arrived({ precision })),
    verdicts.recall === undefined && judgeRecall(material).then((recall) => arrived({ recall })),
  ]);
  await asked.catch(() => undefined);
  // Shared even if they could not be kept here: they are paid for, and other runs of this change can use them.
  const whole = wholeOf(verdicts);
  if (!reused && whole !== null && Object.values(whole).every(({ kind }) => kind === 'judged'))
    await shared?.keepBaseline(whole, key);
  await asked;
};
