import type { JudgeAnswer, JudgeTask, PullRequestJudge, QuoteFaults } from '../judges/judge.ts';
import {
  type Asked,
  type AskOutcome,
  askWithinBudget,
  bothAsked,
  maxAsks,
  notAsked,
  withoutOutcome,
} from './ask.ts';

type Verdict = JudgeAnswer['verdicts'][number]['verdict'];

/** What a measure asks about each id, and which answers count. */
export type Ruling = {
  ids: string[];
  task: (pending: ReadonlySet<string>, faults: QuoteFaults) => JudgeTask;
  yes: Verdict;
  no: Verdict;
  /** What is wrong with a quote for the id. Null: it counts. */
  faultOfQuote: (quote: string, id: string) => string | null;
};

/** The quote for each yes, null for each no. What the judge's rule cannot decide is missing. */
export type Rulings = ReadonlyMap<string, string | null>;

export type Attempt<Value> = Asked & { outcome: AskOutcome; value: Value };

/** `control`: the oracle's own text prevented a verdict, and the measure is 0. */
export type Obtained<Value> = Asked &
  ({ kind: 'obtained'; value: Value } | { kind: 'control' } | { kind: 'unscored'; reason: string });

export type AskedJudge = { judge: PullRequestJudge; model: string; signal?: AbortSignal | undefined };

/**
 * Asks for a yes or no on each id until each has one or the budget is used up. A yes needs a quote that counts. Without
 * one the id is asked again once, saying what was wrong with the quote, and a second yes without a quote is a no.
 */
export const ruleOnEach = async (
  { judge, model, signal }: AskedJudge,
  { ids, task, yes, no, faultOfQuote }: Ruling,
  budget = maxAsks,
): Promise<Attempt<Rulings>> => {
  const rulings = new Map<string, string | null>();
  if (ids.length === 0) return { ...notAsked(model), outcome: { kind: 'settled' }, value: rulings };
  const pending = new Set(ids);
  const unquoted = new Map<string, string>();

  const read = ({ verdicts, notRuledOn = [] }: JudgeAnswer): string | null => {
    // An id that the ruling does not have means that the judge confused its ids, so no verdict can be trusted.
    // An id that was settled before is only superfluous.
    if (verdicts.some(({ id }) => !ids.includes(id))) return 'a verdict on an unknown id';
    for (const id of notRuledOn) pending.delete(id);
    for (const id of [...pending]) {
      const [ruling, ...repeated] = verdicts.filter((verdict) => verdict.id === id);
      if (ruling === undefined || repeated.length > 0) continue;
      if (ruling.verdict === no) settle(id, null);
      else if (ruling.verdict === yes) {
        const quoteFault = faultOfQuote(ruling.quote, id);
        if (quoteFault === null) settle(id, ruling.quote);
        else if (unquoted.has(id)) settle(id, null);
        else unquoted.set(id, quoteFault);
      }
    }
    return pending.size === 0 ? null : `${pending.size} of ${ids.length} verdicts missing or unusable`;
  };
  const settle = (id: string, quote: string | null) => {
    pending.delete(id);
    rulings.set(id, quote);
  };

  const faults = () => [...unquoted].filter(([id]) => pending.has(id)).map(([id, fault]) => ({ id, fault }));
  const asked = await askWithinBudget(judge, model, () => task(pending, faults()), read, { signal, budget });
  return { ...asked, value: rulings };
};

/**
 * A control asks the judge once about the key's own text. It passes if the judge gives every verdict and at least half
 * are a yes. If the judge does not even see the key's own changes, the oracle's text is not the only cause.
 */
export const controlPasses = ({ outcome, value }: Attempt<Rulings>): boolean =>
  outcome.kind === 'settled' &&
  [...value.values()].filter((quote) => quote !== null).length * 2 >= value.size;

/**
 * A verdict, or why there is no verdict (methodology, "One replay", 4). If the budget is used up, the judge is asked
 * once more about a control in place of the oracle's text. If the control passes, the oracle's text is the cause.
 */
export const obtainVerdict = async <Value>(
  attempt: Attempt<Value>,
  askControl: () => Promise<Asked & { outcome: AskOutcome; passes: boolean }>,
): Promise<Obtained<Value>> => {
  const { outcome, value } = attempt;
  if (outcome.kind === 'settled') return { kind: 'obtained', value, ...withoutOutcome(attempt) };
  if (outcome.kind === 'unavailable')
    return { kind: 'unscored', reason: unavailableReason(outcome.detail), ...withoutOutcome(attempt) };
  const control = await askControl();
  const asked = bothAsked(attempt, control);
  if (control.passes) return { kind: 'control', ...asked };
  const reason =
    control.outcome.kind === 'unavailable'
      ? unavailableReason(control.outcome.detail)
      : `no usable verdict after asking ${attempt.asks} times: ${outcome.fault}; the control got none either`;
  return { kind: 'unscored', reason, ...asked };
};

const unavailableReason = (detail: string) => `the judge was not available: ${detail}`;
