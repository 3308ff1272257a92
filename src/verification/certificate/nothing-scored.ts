import { type JudgeIdentity, judgeOf } from '#contracts/judge-providers.ts';
import type { WordlessCheckpoint } from '#contracts/replay.ts';
import type { ReplayEnd } from '../replay/score.ts';
import { chooseAnotherJudge, judgeText } from '../replay/useless-judge.ts';

type Ended = { checkpoint: Pick<WordlessCheckpoint, 'answerKey'>; end: ReplayEnd };

const changes = (count: number) => `${count} ${count === 1 ? 'change' : 'changes'}`;

const otherChanges = 'Choose a repository, a date or a label with more substantial changes.';

/**
 * Why a run has no scored replay, and what its owner can do about that. The repository is to blame only for changes that
 * the judge found nothing in; for the others the judge is, with the reason that it gave.
 */
export const whyNothingScored = (replays: readonly Ended[], judge: JudgeIdentity): string => {
  const withoutKey = (cause: 'change' | 'judge') =>
    replays.flatMap(({ checkpoint: { answerKey } }) =>
      answerKey?.kind === 'impossible' && answerKey.cause === cause ? [answerKey.reason] : [],
    );
  const [trivial, unanswered] = [withoutKey('change'), withoutKey('judge')];
  const unscored = replays.flatMap(({ end }) => (end.outcome === 'unscored' ? [end.reason ?? ''] : []));
  const isModel = judgeOf(judge.provider).model !== null;
  const parts = [
    ...(unscored.length === 0
      ? []
      : [
          `Under ${judgeText(judge)}, ${changes(unscored.length)} ended unscored, the first because: ${unscored[0]}.`,
        ]),
    ...(unanswered.length === 0
      ? []
      : [
          `Of ${changes(unanswered.length)}, ${judgeText(judge)} made no answer key that can be used, the first time because: ${unanswered[0]}.`,
        ]),
    ...(trivial.length === 0
      ? []
      : [`In ${changes(trivial.length)}, ${judgeText(judge)} found nothing to ask about.`]),
    ...(isModel && unscored.length + unanswered.length > 0 ? [chooseAnotherJudge] : []),
    ...(trivial.length > 0 || replays.length === 0 ? [otherChanges] : []),
  ];
  return `No replay was scored, so there is nothing to certify. ${parts.join(' ')}`;
};
