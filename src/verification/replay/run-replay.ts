import type { GroundTruth } from '#contracts/ground-truth.ts';
import type {
  AnswerKeyOutcome,
  MadeAnswerKey,
  ReplayCheckpoint,
  ReplayStep,
  SharedAnswerKey,
} from '#contracts/replay.ts';
import { type Canary, noUsage } from '#contracts/replay.ts';
import { dealCanaries } from '../canaries/deal-canaries.ts';
import { isForSecondAuthor } from '../canaries/ways.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import type { Judge, PullRequestJudge } from '../judges/judge.ts';
import { makeAnswerKey } from '../judging/answer-key.ts';
import { judgePrecision, judgeRecall, judgeReply, type VerdictMaterial } from '../judging/verdicts.ts';
import { withVariants } from '../judging/with-variants.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { oracleRequest } from '../oracles/oracle-request.ts';
import { judgedAnswer } from '../text/judged-answer.ts';
import { seededFraction } from '../text/seeded-choice.ts';
import { allEnded } from './all-ended.ts';
import { baselineAnswer } from './baseline.ts';
import { judgeBaseline } from './judge-baseline.ts';
import { endOfReplay, type ReplayEnd } from './score.ts';
import type { SharedJudgments } from './shared-judgments.ts';
import { type DealtReplay, shownByOthers } from './shown-canaries.ts';
import type { WatchedOracle } from './watched-oracle.ts';
import { withStep } from './with-step.ts';

/** Keeps a replay's steps as they arrive. `checkpoint` is what was stored when the replay was opened. */
export type ReplayStore = {
  checkpoint: ReplayCheckpoint;
  /**
   * Keeps one step. For `baseline` and `second` it adds the parts in `value` to those that are kept. Rejects if this
   * replay is no longer the caller's.
   */
  save<S extends ReplayStep>(step: S, value: NonNullable<ReplayCheckpoint[S]>): Promise<void>;
  /**
   * Keeps the step `canaries`: what `choose` makes of the run's other replays as stored. One replay of a run at a time, so
   * that two never count the same. Rejects like `save`.
   */
  dealCanaries(choose: (others: readonly DealtReplay[]) => Canary[]): Promise<Canary[]>;
  /** Called before the oracle is asked. Rejects if it must not be asked any more. */
  beforeOracleCall(): Promise<void>;
};

/** Another judge, and the share of replays that it is asked about too. */
export type Agreement = { judge: Judge; share: number };

/** How many other changes of the run canaries are made from. */
export const otherChanges = 3;

export type ReplayWork = {
  groundTruth: GroundTruth;
  /** The `otherChanges` that follow this one in the run's draw, wrapping around at its end. */
  others: GroundTruth[];
  /** The run's published seed. It decides canaries, their places and the replays for agreement. */
  seed: string;
  judge: Judge;
  oracle: Oracle & Partial<Pick<WatchedOracle, 'makeSure'>>;
  store: ReplayStore;
  /** Null: nothing outlives the run. */
  shared: SharedJudgments | null;
  agreement: Agreement | null;
  /** A judge of another provider that writes every second pull request's variants. Null: the run's own writes all. */
  variantsAuthor: Judge | null;
  /** Whether the baseline is judged on this change (see `judgesBaseline`). */
  baseline: boolean;
  /** See `oracleRequest`. */
  blinding: string | null;
  signal?: AbortSignal | undefined;
};

/**
 * Carries one replay to its end: answer key, oracle call, the three verdicts and beside them those on the baseline, then
 * those for agreement. Baseline and oracle are judged side by side, so that the same judge in the same hour rules on
 * both. Each step is kept as it arrives and never
 * repeated, so a restarted worker repeats no paid call. Rejects when `signal` is aborted or the store refuses. Faults
 * of judge or oracle end the replay, but never reject.
 */
export const runReplay = async (work: ReplayWork): Promise<ReplayEnd> => {
  const { groundTruth, judge, oracle, store, blinding, signal } = work;
  let done = store.checkpoint;
  const keep = async <S extends ReplayStep>(step: S, value: NonNullable<ReplayCheckpoint[S]>) => {
    await store.save(step, value);
    done = withStep(done, step, value);
    return value;
  };
  // Opened once, so that all calls share the fence and the cached prefix.
  const opened = judge.open(groundTruth);

  // A judge's call is paid for. It must not be made for an oracle that is not there.
  if (done.answerKey === undefined) await oracle.makeSure?.(signal);
  const answerKey =
    done.answerKey ??
    (await keep(
      'answerKey',
      await obtainAnswerKey(work, opened, {
        draft: done.draftKey,
        keepDraft: (draft) => keep('draftKey', draft),
      }),
    ));
  if (answerKey.kind !== 'made') return ended(done);

  if (done.oracle === undefined) {
    signal?.throwIfAborted();
    await store.beforeOracleCall();
    const request = oracleRequest(groundTruth, answerKey.key.question, blinding);
    const outcome = await oracle.ask(request, signal);
    await keep(
      'oracle',
      outcome.kind === 'answer' ? { ...outcome, answer: judgedAnswer(outcome.answer) } : outcome,
    );
  }

  const materialFor = (
    pullRequestJudge: PullRequestJudge,
    model: string,
  ): Omit<VerdictMaterial, 'answer'> => ({
    judge: pullRequestJudge,
    model,
    groundTruth,
    diff: parseDiff(groundTruth.diff),
    key: answerKey.key,
    factsOf: opened.factsOf,
    signal,
  });
  const material = materialFor(opened, judge.model);
  const baselineJudged = async () => {
    if (!work.baseline || endOfReplay(done)?.outcome === 'unscored') return;
    await judgeBaseline(
      { ...material, answer: baselineAnswer(groundTruth), isBaseline: true },
      { shared: work.shared, baseline: done.baseline, keep: (parts) => keep('baseline', parts) },
    );
  };
  if (done.oracle?.kind === 'answer' && endOfReplay(done) === null) {
    const own: VerdictMaterial = { ...material, answer: done.oracle.answer };
    // Canaries stand only among claims, so an answer without any shows none, and later replays make up for it.
    const deals = done.precision === undefined && done.oracle.answer.keyClaims.length > 0;
    if (deals && done.canaries === undefined)
      done = withStep(
        done,
        'canaries',
        await store.dealCanaries((others) =>
          dealCanaries({
            groundTruth,
            key: answerKey.key,
            others: work.others,
            seed: work.seed,
            shown: shownByOthers(others),
          }),
        ),
      );
    const canaries = done.canaries ?? [];
    // The shortest answer first: if the judge lets one call lead, the others wait for it.
    await allEnded([
      done.reply === undefined && judgeReply(own).then((verdict) => keep('reply', verdict)),
      done.precision === undefined &&
        judgePrecision(own, { canaries, seed: work.seed }).then((verdict) => keep('precision', verdict)),
      done.recall === undefined && judgeRecall(own).then((verdict) => keep('recall', verdict)),
      baselineJudged(),
    ]);
  } else await baselineJudged();

  const { outcome } = ended(done);
  const { agreement } = work;
  if (
    outcome === 'scored' &&
    done.oracle?.kind === 'answer' &&
    agreement !== null &&
    seededFraction('agreement', work.seed, groundTruth.id) < agreement.share
  ) {
    const again: VerdictMaterial = {
      ...materialFor(agreement.judge.open(groundTruth), agreement.judge.model),
      answer: done.oracle.answer,
    };
    await allEnded([
      done.second?.reply === undefined && judgeReply(again).then((reply) => keep('second', { reply })),
      done.second?.precision === undefined &&
        judgePrecision(again).then((precision) => keep('second', { precision })),
      done.second?.recall === undefined && judgeRecall(again).then((recall) => keep('second', { recall })),
    ]);
  }
  return ended(done);
};

/** What a replay paid for a key. */
type KeyAccount = Pick<AnswerKeyOutcome, 'asks' | 'retries' | 'latencyMs' | 'usage' | 'variantsAsked'>;

const nothingPaid: KeyAccount = { asks: 0, retries: 0, latencyMs: 0, usage: noUsage };

/** A key that stands, whoever had it made. What this run paid stays on its own account. */
const onAccount = (
  standing: SharedAnswerKey,
  { asks, retries, latencyMs, usage, variantsAsked }: KeyAccount,
): SharedAnswerKey => ({ ...standing, reused: false, asks, retries, latencyMs, usage, variantsAsked });

/**
 * The key with its variants. Where another judge is to write them, the draft is kept first: it is paid for, and the
 * other judge may have to be waited for.
 */
const obtainAnswerKey = async (
  { groundTruth, judge, variantsAuthor, shared, signal }: ReplayWork,
  opened: PullRequestJudge,
  {
    draft,
    keepDraft,
  }: { draft: MadeAnswerKey | undefined; keepDraft: (draft: MadeAnswerKey) => Promise<MadeAnswerKey> },
): Promise<AnswerKeyOutcome> => {
  const stored = await shared?.answerKey();
  if (stored?.own) return stored.value;
  if (stored && draft !== undefined) return onAccount(stored.value, draft);
  if (stored) return { ...onAccount(stored.value, nothingPaid), reused: true };
  const other = variantsAuthor !== null && isForSecondAuthor(groundTruth) ? variantsAuthor : null;
  const own = { judge: opened, model: judge.model };
  let made: AnswerKeyOutcome =
    draft ??
    (await makeAnswerKey(opened, groundTruth, { model: judge.model, variants: other === null, signal }));
  if (made.kind === 'made' && (draft !== undefined || other !== null)) {
    if (draft === undefined) await keepDraft(made);
    const others = other === null ? [] : [{ judge: other.open(groundTruth), model: other.model }];
    made = await withVariants(made, groundTruth, { writers: [...others, own], signal });
  }
  if (shared === null || !isSharable(made)) return made;
  return onAccount(await shared.keepAnswerKey(made), made);
};

/** What lay in the judge says nothing to another run: the same question may be answered the next time. */
const isSharable = (outcome: AnswerKeyOutcome): outcome is SharedAnswerKey =>
  outcome.kind === 'made' || (outcome.kind === 'impossible' && outcome.cause === 'change');

const ended = (checkpoint: ReplayCheckpoint): ReplayEnd => {
  const end = endOfReplay(checkpoint);
  if (end === null) throw new Error('A replay whose steps are all stored has no end.');
  return end;
};
