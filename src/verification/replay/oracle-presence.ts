import type { OracleFailure } from '#contracts/oracle.ts';

/** What a question to the oracle came to; of an answer no more than that it is one. */
type Outcome = { kind: 'answer' } | OracleFailure;

/**
 * What one replay's question came to. `carried`: at an earlier start of the attempt. A start is a run of an
 * installation, which may resume another, or a start of the command line on an output directory.
 */
export type Asked = { outcome: Outcome; carried: boolean };

/** A wrong address, header or key (methodology, "what a foreign answer means"); so is every redirect. */
const closedDoor = new Set([401, 402, 403, 404, 405, 407, 410, 415, 501]);

const letsNoQuestionIn = (status: number): boolean =>
  (status >= 300 && status < 400) || closedDoor.has(status);

/** Whether the oracle took the question: it answered, or failed in a way that is its own. */
export const tookQuestion = (outcome: Outcome): boolean =>
  outcome.kind === 'answer' ||
  (outcome.httpAnswered && (outcome.status === undefined || !letsNoQuestionIn(outcome.status)));

/** Whether something answered at the oracle's address in this attempt, whatever it said. */
export const wasThere = (asked: Asked[]): boolean =>
  asked.some(({ outcome }) => outcome.kind === 'answer' || outcome.httpAnswered);

const neverSent: ReadonlySet<OracleFailure['reason']> = new Set(['not_loaded', 'refused_by_network_rule']);

/** Whether the oracle may have seen the question. */
const wentOut = ({ unreachable, reason }: OracleFailure): boolean => !unreachable && !neverSent.has(reason);

/** Why a run's failures are no verdict on its oracle: it took no question since the start. */
export type Absence = {
  /** How many replays asked it since then, and what the first of them came to. */
  replays: number;
  failure: OracleFailure;
  /** The attempt has outcomes of an earlier start, which stand. */
  resumed: boolean;
};

/**
 * Whether the oracle was absent since the start, so that nothing it failed to answer counts. That it took questions at an
 * earlier start does not help: an address, a key or the oracle itself may be gone since. One change that is alone in not
 * being taken is the oracle's failure all the same where earlier starts had answers, so that every run ends: a firewall
 * may dislike it, which the oracle says at once, or it breaks the oracle, which is known when it was sent twice.
 * @returns null where the oracle was there, or was asked nothing.
 */
export const absenceOf = (asked: Asked[]): Absence | null => {
  const since = asked.filter(({ carried }) => !carried).map(({ outcome }) => outcome);
  const [failure] = since;
  if (failure?.kind !== 'failure' || since.some(tookQuestion)) return null;
  const tookEarlier = asked.some(({ carried, outcome }) => carried && tookQuestion(outcome));
  const isTwiceUnanswered = wentOut(failure) && (failure.askedBefore ?? 0) > 0;
  if (tookEarlier && since.length === 1 && (failure.httpAnswered || isTwiceUnanswered)) return null;
  return { replays: since.length, failure, resumed: since.length < asked.length };
};

/** An absence in words for the run's owner, without what to do once its cause is mended. */
export const absenceText = ({ replays, failure, resumed }: Absence): string => {
  const { reason, detail, httpAnswered } = failure;
  return [
    `In ${replays} ${replays === 1 ? 'replay' : 'replays'}${resumed ? ' since the run was resumed' : ''} the oracle ${httpAnswered ? 'let no question in' : 'gave no HTTP answer'} (${reason}: ${detail}).`,
    'A wrong address, name or header, or an oracle that is down, is a mistake, not a verdict: check the oracle’s URL or module, its headers and that it runs.',
    ...(resumed && replays === 1 && wentOut(failure)
      ? ['If it leaves this one question unanswered again, that counts as its failure.']
      : []),
  ].join(' ');
};

/** Tells of each outcome of an attempt whether a resumed run keeps it, rather than asking again. */
export const standing = (asked: Asked[]): ((one: Asked) => boolean) => {
  const tookAny = asked.some(({ outcome }) => tookQuestion(outcome));
  const isAbsent = absenceOf(asked) !== null;
  return ({ outcome, carried }) => tookQuestion(outcome) || (tookAny && (carried || !isAbsent));
};
