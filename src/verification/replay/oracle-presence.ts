import type { OracleFailure } from '#contracts/oracle.ts';
import { meaningOfStatus } from '../foreign/answer-status.ts';

/** The outcome of a question to the oracle, without the answer's content. */
type Outcome = { kind: 'answer' } | OracleFailure;

/**
 * The outcome of one replay's question. `carried`: from an earlier start of the attempt. A start is a run of an
 * installation, which may resume another one, or a start of the command line on an output directory.
 */
export type Asked = { outcome: Outcome; carried: boolean };

/** Failures of an oracle that answered but let no question in, whatever its status. */
const closed: ReadonlySet<OracleFailure['reason']> = new Set(['quota_exhausted', 'unknown_tool']);

/** Whether the oracle took the question: it answered, or the failure is its own. */
export const tookQuestion = (outcome: Outcome): boolean =>
  outcome.kind === 'answer' ||
  (outcome.httpAnswered &&
    !closed.has(outcome.reason) &&
    (outcome.status === undefined || meaningOfStatus(outcome.status) !== 'not_let_in'));

/** Whether anything answered at the oracle's address in this attempt. */
export const wasThere = (asked: Asked[]): boolean =>
  asked.some(({ outcome }) => outcome.kind === 'answer' || outcome.httpAnswered);

const neverSent: ReadonlySet<OracleFailure['reason']> = new Set(['not_loaded', 'refused_by_network_rule']);

/** Whether the oracle may have seen the question. */
const wentOut = ({ unreachable, reason }: OracleFailure): boolean => !unreachable && !neverSent.has(reason);

/** The oracle took no question since the start, so the run's failures say nothing about it. */
export type Absence = {
  /** How many replays asked it since the start (0: it was only looked at), and the first failure. */
  replays: number;
  failure: OracleFailure;
  /** The attempt has outcomes from an earlier start, which stand. */
  resumed: boolean;
};

/**
 * Whether the oracle was absent since the start, so that none of its failures count. Questions taken at an earlier
 * start do not help: the address, the key or the oracle itself may have changed since. There is one exception, so that
 * every run ends: if earlier starts had answers and only one change is asked now, its failure is the oracle's own.
 * Either something like a firewall rejects that change, which an HTTP answer shows, or the change breaks the oracle,
 * which is clear once it was sent twice.
 * @returns null if the oracle was there, or was not asked.
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

/** Describes an absence to the run's owner. It does not say what to do once the cause is corrected. */
export const absenceText = ({ replays, failure, resumed }: Absence): string => {
  const { reason, detail, httpAnswered } = failure;
  const asked = `In ${replays} ${replays === 1 ? 'replay' : 'replays'}${resumed ? ' since the run was resumed' : ''}`;
  const what =
    replays === 0
      ? 'The oracle cannot be reached, so the judge was not asked'
      : `${asked} the oracle ${httpAnswered ? 'accepted no question' : 'gave no HTTP answer'}`;
  return [
    `${what} (${reason}: ${detail}).`,
    'A wrong address, name or header, or an oracle that is down, is a mistake, not a verdict: check the oracle’s URL or module, its headers and that it runs.',
    ...(resumed && replays === 1 && wentOut(failure)
      ? ['If it leaves this one question unanswered again, that counts as its failure.']
      : []),
  ].join(' ');
};

/** After this many replays without any question taken, a run stops: the rest would only cost its judge's calls. */
const fewReplays = 5;

/** The absence that stops a run before its next replay begins; null while there may be an oracle. */
export const earlyAbsenceOf = (asked: Asked[]): Absence | null => {
  const absence = absenceOf(asked);
  return absence !== null && absence.replays >= fewReplays ? absence : null;
};

/** Says of each outcome of an attempt whether a resumed run keeps it instead of asking again. */
export const standing = (asked: Asked[]): ((one: Asked) => boolean) => {
  const tookAny = asked.some(({ outcome }) => tookQuestion(outcome));
  const isAbsent = absenceOf(asked) !== null;
  return ({ outcome, carried }) => tookQuestion(outcome) || (tookAny && (carried || !isAbsent));
};
