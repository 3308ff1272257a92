import { type JudgeIdentity, judgeOf } from '#contracts/judge-providers.ts';
import type { WordlessCheckpoint } from '#contracts/replay.ts';
import { maxAsks } from '../judging/ask.ts';
import { type StoredVerdicts, verdictsOf } from './stored-verdicts.ts';

/** What a run's ended replays have shown of its judge since the start of this run. */
export type JudgeTally = {
  /** The newest replays that were asked about in vain, without one between them that was not. */
  vainInRow: number;
  /** Whether any replay got what it needed. */
  hasServed: boolean;
};

export const noTally: JudgeTally = { vainInRow: 0, hasServed: false };

/** So many replays in vain, before the first that was not, stop a run. */
const fewReplays = 5;
/**
 * So many in a row stop it later too. They are more, because a weak judge fails now and then. They also stop it if the
 * judge says of change after change that there is nothing in it, which a few trivial ones may explain.
 */
const manyReplays = 10;

/** A model said to the end of its budget that there is nothing in the change. A rule costs nothing and may say so. */
const foundNothing = ({ answerKey }: WordlessCheckpoint): boolean =>
  answerKey?.kind === 'impossible' && answerKey.cause === 'change' && answerKey.usage.calls > 0;

/**
 * Whether a replay asked its judge in vain: to the end of a budget, and no answer could be used. Null if it shows
 * neither: the judge was not asked, or was not available.
 */
const wasInVain = (checkpoint: WordlessCheckpoint): boolean | null => {
  const { answerKey } = checkpoint;
  if (answerKey?.kind === 'impossible')
    return answerKey.cause === 'judge' || foundNothing(checkpoint) ? true : null;
  if (answerKey?.kind === 'unavailable') return answerKey.asks >= maxAsks ? true : null;
  return wereInVain(checkpoint);
};

/** The same of the three verdicts alone. */
const wereInVain = (stored: StoredVerdicts): boolean | null => {
  const verdicts = verdictsOf(stored);
  if (verdicts.some(({ kind, asks }) => kind === 'unscored' && asks >= maxAsks)) return true;
  return verdicts.some(({ kind, asks }) => kind === 'judged' && asks > 0) ? false : null;
};

const withOneMore = (tally: JudgeTally, inVain: boolean | null): JudgeTally => {
  switch (inVain) {
    case true:
      return { ...tally, vainInRow: tally.vainInRow + 1 };
    case false:
      return { vainInRow: 0, hasServed: true };
    case null:
      return tally;
  }
};

/** The tally with one more replay, which has ended. */
export const tallied = (tally: JudgeTally, checkpoint: WordlessCheckpoint): JudgeTally =>
  withOneMore(tally, wasInVain(checkpoint));

/** The same for the judge of the agreement. */
export const talliedAgain = (tally: JudgeTally, { second }: WordlessCheckpoint): JudgeTally =>
  withOneMore(tally, second === undefined ? null : wereInVain(second));

/** Whether the judge of the agreement is asked no more. The run goes on: no score depends on it. */
export const isUselessAgain = ({ vainInRow, hasServed }: JudgeTally): boolean =>
  vainInRow >= (hasServed ? manyReplays : fewReplays);

/**
 * Whether the run stops: its other replays would only cost more calls.
 * @param last of the replay that ended last
 */
export const isUseless = ({ vainInRow, hasServed }: JudgeTally, last: WordlessCheckpoint): boolean =>
  wasInVain(last) === true && vainInRow >= (hasServed || foundNothing(last) ? manyReplays : fewReplays);

/** "the judge fake-1 (chat at http://127.0.0.1:8000)" */
export const judgeText = ({ provider, model, endpoint }: JudgeIdentity): string =>
  judgeOf(provider).model === null
    ? 'the offline check'
    : `the judge ${model} (${provider}${endpoint === null ? '' : ` at ${endpoint}`})`;

export const chooseAnotherJudge =
  'Choose another judge or model. “echelon-verify judge exam” shows before a run whether one can be used.';

/**
 * Tells the run's owner why it stopped. It does not say how to resume.
 * @param reason why the last replay has no score, in words of this program.
 */
export const uselessJudgeText = (judge: JudgeIdentity, { vainInRow }: JudgeTally, reason: string): string =>
  [
    `In ${vainInRow} replays in a row ${judgeText(judge)} gave no answer that can be used, so it is asked no more.`,
    `The last time: ${reason}.`,
    'Check that the model’s context holds the prompt, and that it can give a long answer in JSON.',
    chooseAnotherJudge,
  ].join(' ');
