import type { OracleFailure } from '#contracts/oracle.ts';

/** The outcome of a question to the oracle, without the answer's content. */
type Outcome = { kind: 'answer' } | OracleFailure;

/**
 * The outcome of one replay's question. `carried`: from an earlier start of the attempt. A start is a run of an
 * installation, which may resume another one, or a start of the command line on an output directory.
 */
export type Asked = { outcome: Outcome; carried: boolean };

/** Statuses that mean a wrong address, header or key (methodology, "what a foreign answer means"). So do redirects. */
const closedDoor = new Set([401, 402, 403, 404, 405, 407, 410, 415, 501]);

const letsNoQuestionIn = (status: number): boolean =>
  (status >= 300 && status < 400) || closedDoor.has(status);

/** Whether the oracle took the question: it answered, or the failure is its own. */
export const tookQuestion = (outcome: Outcome): boolean =>
  outcome.kind === 'answer' ||
  (outcome.httpAnswered && (outcome.status === undefined || !letsNoQuestionIn(outcome.status)));

/** Whether anything answered at the oracle's address in this attempt. */
export const wasThere = (asked: Asked[]): boolean =>
  asked.some(({ outcome }) => outcome.kind === 'answer' || outcome.httpAnswered);

const neverSent: ReadonlySet<OracleFailure['reason']> = new Set(['not_loaded', 'refused_by_network_rule']);

/** Whether the oracle may have seen the question. */
const wentOut = ({ unreachable, reason }: OracleFailure): boolean => !unreachable && !neverSent.has(reason);

/** The oracle took no question since the start, so the run's failures say nothing about it. */
export type Absence = {
  /** How many replays asked it since the start, and the failure of the first. */
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
  return [
    `In ${replays} ${replays === 1 ? 'replay' : 'replays'}${resumed ? ' since the run was resumed' : ''} the oracle ${httpAnswered ? 'accepted no question' : 'gave no HTTP answer'} (${reason}: ${detail}).`,
    'A wrong address, name or header, or an oracle that is down, is a mistake, not a verdict: check the oracle’s URL or module, its headers and that it runs.',
    ...(resumed && replays === 1 && wentOut(failure)
      ? ['If it leaves this one question unanswered again, that counts as its failure.']
      : []),
  ].join(' ');
};

/** Says of each outcome of an attempt whether a resumed run keeps it instead of asking again. */
export const standing = (asked: Asked[]): ((one: Asked) => boolean) => {
  const tookAny = asked.some(({ outcome }) => tookQuestion(outcome));
  const isAbsent = absenceOf(asked) !== null;
  return ({ outcome, carried }) => tookQuestion(outcome) || (tookAny && (carried || !isAbsent));
};
