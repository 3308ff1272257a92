import type { Baseline } from '#contracts/replay.ts';
import { judgePrecision, judgeRecall, type VerdictMaterial } from '../judging/verdicts.ts';
import { allEnded } from './all-ended.ts';
import type { SharedJudgments } from './shared-judgments.ts';

/**
 * Obtains the verdicts on the baseline. It takes those of this replay or another one, or asks for new ones and keeps
 * each as it arrives. They are shared once both are there.
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
  let { precision, recall, reused = false } = baseline ?? {};
  const isWhole = precision !== undefined && recall !== undefined;
  const stored = isWhole ? null : await shared?.baseline(key);
  if (stored && (stored.own || baseline === undefined)) {
    const missing = {
      ...(precision === undefined && { precision: stored.value.precision }),
      ...(recall === undefined && { recall: stored.value.recall }),
    };
    ({ precision, recall } = stored.value);
    reused = !stored.own;
    await keep({ ...missing, reused });
  }
  const asked = allEnded([
    precision === undefined &&
      judgePrecision(material).then((verdict) => {
        precision = verdict;
        return keep({ precision, reused });
      }),
    recall === undefined &&
      judgeRecall(material).then((verdict) => {
        recall = verdict;
        return keep({ recall, reused });
      }),
  ]);
  await asked.catch(() => undefined);
  // Shared even if they could not be kept here: they are paid for, and other runs of this change can use them.
  if (!reused && precision?.kind === 'judged' && recall?.kind === 'judged')
    await shared?.keepBaseline({ precision, recall }, key);
  await asked;
};
