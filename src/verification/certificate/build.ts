import {
  certificateDomain,
  methodologyVersion,
  type RawScores,
  type SeedSource,
  type UnansweredCalls,
  type Weights,
} from '#contracts/certificate.ts';
import type { NamedExam } from '#contracts/exam.ts';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { type JudgeIdentity, judgeOf } from '#contracts/judge-providers.ts';
import { answerForms, type ReplayScore, type WordlessCheckpoint } from '#contracts/replay.ts';
import type { RunDraw } from '#contracts/run.ts';
import { totalUsage, usageByMeasure } from '../judges/judge-usage.ts';
import { absenceOf, absenceText } from '../replay/oracle-presence.ts';
import { endOfReplay, type ReplayEnd, scoreReplay } from '../replay/score.ts';
import { verdictsOf } from '../replay/stored-verdicts.ts';
import { aggregate, compareGroundTruthIds, rounded, roundedThroughout } from '../statistics/aggregate.ts';
import { sum } from '../statistics/interval.ts';
import { withDependence } from './dependence.ts';
import { type EarlierCanaries, judgeTrust } from './judge-trust.ts';
import { mostFrequent } from './most-frequent.ts';
import { whyNothingScored } from './nothing-scored.ts';
import { freshnessOf, isAfterCutoff, keylessOf } from './parts.ts';
import { type ChangeFacts, evidenceOf, rawReplay, withPublishedIds } from './raw-replay.ts';

/** A run that cannot be certified. The message tells its owner why and what to do. */
export class Uncertifiable extends Error {
  override readonly name = 'Uncertifiable';
}

/**
 * A run whose replays have all ended. `replays` may include replaced ones, which count for the judge's usage only.
 * `replaced` says how many there were.
 */
export type CertificateInput = {
  sample: boolean;
  draw: RunDraw;
  seed: string;
  seedSource: SeedSource;
  blinded: boolean;
  limit: number;
  minReplays: number;
  weights: Weights;
  judge: JudgeIdentity & { promptDigest: string };
  /** The agreement judge. Null: none was asked for. */
  second: JudgeIdentity | null;
  /** The canaries of earlier runs with this judge. */
  earlier: EarlierCanaries;
  /** Null: the judge has not sat the exam here. */
  exam: NamedExam | null;
  replaced: number;
  unanswered: UnansweredCalls;
  /** The day up to which the oracle's model may have read the repository. Null: its owner named none. */
  modelCutoff: string | null;
  replays: (RunReplay & Pick<GroundTruth, 'author' | 'mergedAt'>)[];
};

type RunReplay = { groundTruthId: string; checkpoint: WordlessCheckpoint };

/** A run apart from its replays. */
export type CertifiedRun = Omit<CertificateInput, 'replays'>;

/** `change` is null for a replay that is not in the denominator. */
export type PlacedReplay = RunReplay & { change: ChangeFacts | null };

/** `scored` is false for an oracle failure, which counts in the denominator with zeros. */
export type CertifiedReplay = Omit<ReplayScore, 'outcome' | 'funnel'> & {
  scoringModel: string;
  /** The judge's time for the three verdicts, summed, in whole milliseconds. */
  scoringLatencyMs: number;
  scored: boolean;
};

/** A certificate's content, before it has an id, a construct and a date. Every score is rounded to six decimals. */
export type CertificateContent = {
  replayCount: number;
  sampleSize: number;
  precision: number;
  recall: number;
  replyAccuracy: number;
  compositeScore: number;
  brier: number;
  groundTruthSource: string;
  commitRange: string | null;
  methodologyVersion: string;
  scoringModel: string;
  domain: string;
  rawScores: RawScores;
  replayScores: CertifiedReplay[];
};

/** Every judgment of a replay by the run's own judge. */
const ownCallsOf = (checkpoint: WordlessCheckpoint) => [
  ...(checkpoint.answerKey === undefined ? [] : [checkpoint.answerKey]),
  ...verdictsOf(checkpoint),
  ...(checkpoint.baseline?.reused === false ? verdictsOf(checkpoint.baseline) : []),
];

/** Every judgment of a replay, to count what had to be asked again. */
const judgeCallsOf = (checkpoint: WordlessCheckpoint) => [
  ...ownCallsOf(checkpoint),
  ...(checkpoint.answerKey?.variantsAsked ?? []),
  ...verdictsOf(checkpoint.second ?? {}),
];

const modelsOf = (checkpoint: WordlessCheckpoint) => [
  ...verdictsOf(checkpoint).flatMap((verdict) => (verdict.kind === 'judged' ? [verdict.model] : [])),
  ...(checkpoint.answerKey?.kind === 'made' ? [checkpoint.answerKey.model] : []),
];

const endOf = (groundTruthId: string, checkpoint: WordlessCheckpoint): ReplayEnd => {
  const end = endOfReplay(checkpoint);
  if (end === null) throw new Error(`The replay of ${groundTruthId} has not ended.`);
  return end;
};

const refuseAbsentOracle = (checkpoints: WordlessCheckpoint[]) => {
  const absence = absenceOf(
    checkpoints.flatMap(({ oracle }) => (oracle === undefined ? [] : [{ outcome: oracle, carried: false }])),
  );
  if (absence !== null) throw new Uncertifiable(absenceText(absence));
};

/** Each replay with what it says of its change: which others it depends on, and on which side of the cutoff it is. */
export const placeReplays = <Replay extends CertificateInput['replays'][number]>(
  replays: readonly Replay[],
  modelCutoff: string | null,
): (Replay & PlacedReplay)[] => {
  const scored = replays
    .filter(({ groundTruthId, checkpoint }) => scoreReplay(groundTruthId, checkpoint) !== null)
    .toSorted((a, b) => compareGroundTruthIds(a.groundTruthId, b.groundTruthId));
  const facts = new Map(
    withDependence(scored).map(({ groundTruthId, mergedAt, dependence }) => [
      groundTruthId,
      { dependence, afterCutoff: modelCutoff === null ? null : isAfterCutoff(mergedAt, modelCutoff) },
    ]),
  );
  return replays.map((replay) => ({ ...replay, change: facts.get(replay.groundTruthId) ?? null }));
};

/**
 * The certificate of a run, from its stored checkpoints alone (methodology, "The certificate's numbers").
 * @throws Uncertifiable if no replay was scored, or the oracle took no question.
 */
export const buildCertificate = ({ replays, ...run }: CertificateInput): CertificateContent =>
  certifyReplays(run, placeReplays(replays, run.modelCutoff));

/** The same from replays that are placed already, as those of evidence are. */
export const certifyReplays = (run: CertifiedRun, placed: readonly PlacedReplay[]): CertificateContent => {
  const { draw, judge, weights, modelCutoff, replaced } = run;
  const ended = placed.map(({ groundTruthId, checkpoint, change }) => ({
    groundTruthId,
    checkpoint,
    change,
    end: endOf(groundTruthId, checkpoint),
    score: scoreReplay(groundTruthId, checkpoint),
  }));
  const replays = withPublishedIds(ended, draw.private);
  refuseAbsentOracle(replays.map(({ checkpoint }) => checkpoint));
  if (replays.every(({ score }) => score === null)) throw new Uncertifiable(whyNothingScored(ended, judge));

  const inDenominator = replays.flatMap(({ id, checkpoint, score, change }) => {
    if (score === null) return [];
    if (change === null) throw new Error(`It is not known which replays that of ${id} depends on.`);
    return [
      {
        checkpoint,
        score: { ...score, groundTruthId: id },
        evidence: evidenceOf({ id, checkpoint }),
        change,
      },
    ];
  });
  const scoringModelOf = (checkpoint: WordlessCheckpoint) =>
    mostFrequent(modelsOf(checkpoint)) ?? judge.model;
  const measured = inDenominator.map(({ score, change, evidence }) => ({
    ...score,
    ...change,
    claimsRuled: score.funnel.ruled,
    evidence,
  }));
  const totals = aggregate(measured, weights);
  const checkpoints = placed.map(({ checkpoint }) => checkpoint);
  const judgeCalls = checkpoints.flatMap(judgeCallsOf);
  const forms = new Set(checkpoints.flatMap(ownCallsOf).map(({ form }) => form));
  const byMeasure = usageByMeasure(checkpoints);
  const countOf = (outcome: ReplayEnd['outcome']) =>
    replays.filter(({ end }) => end.outcome === outcome).length;
  const unscored = countOf('unscored');
  const changeOf = new Map(inDenominator.map(({ score, change }) => [score.groundTruthId, change]));

  return {
    replayCount: inDenominator.length,
    sampleSize: inDenominator.length,
    precision: rounded(totals.precision),
    recall: rounded(totals.recall),
    replyAccuracy: rounded(totals.replyAccuracy),
    compositeScore: rounded(totals.compositeScore),
    brier: rounded(totals.brier),
    groundTruthSource: draw.private ? 'private repository' : draw.source,
    commitRange: draw.private ? null : draw.commitRange,
    methodologyVersion,
    // From the published part of the replays, so that it can be recomputed.
    scoringModel:
      mostFrequent(inDenominator.map(({ checkpoint }) => scoringModelOf(checkpoint))) ?? judge.model,
    domain: certificateDomain,
    rawScores: {
      version: 1,
      weights,
      intervals: roundedThroughout(totals.intervals),
      designEffects: roundedThroughout(totals.designEffects),
      freshness: freshnessOf(measured, { modelCutoff, weights }),
      keyless: keylessOf(measured, { replaced, unscored, weights }),
      counts: {
        scored: inDenominator.length,
        oracleFailures: countOf('oracle_failure'),
        unscored,
        replaced,
        oracleRetries: sum(checkpoints.map(({ oracle }) => oracle?.retries ?? 0)),
        oracleAskedAgain: sum(checkpoints.map(({ oracle }) => oracle?.askedBefore ?? 0)),
        judgeReasks: sum(judgeCalls.map(({ asks }) => Math.max(0, asks - 1))),
        judgeRetries: sum(judgeCalls.map(({ retries }) => retries)),
        controls: sum(
          checkpoints
            .flatMap(verdictsOf)
            .map((verdict) => (verdict.kind === 'judged' && verdict.control ? 1 : 0)),
        ),
        keysReused: checkpoints.filter(({ answerKey }) => answerKey?.kind === 'made' && answerKey.reused)
          .length,
      },
      draw: {
        seed: run.seed,
        seedSource: run.seedSource,
        listed: draw.listed,
        limit: run.limit,
        excluded: draw.excluded,
        blinded: run.blinded,
      },
      judge: { ...judge, forms: answerForms.filter((form) => forms.has(form)) },
      usage: totalUsage(Object.values(byMeasure)),
      usageByMeasure: byMeasure,
      unanswered: run.unanswered,
      trust: judgeTrust({
        replays: measured,
        unscored,
        weights,
        earlier: run.earlier,
        second: run.second,
        followsRule: judgeOf(judge.provider).model === null,
      }),
      exam: roundedThroughout(run.exam),
      sample: run.sample,
      provisional: inDenominator.length < run.minReplays,
      minReplays: run.minReplays,
      private: draw.private,
      replays: replays.map((replay) => rawReplay(replay, changeOf.get(replay.id) ?? null, draw.private)),
    },
    replayScores: inDenominator.map(({ checkpoint, score: { outcome, funnel: _funnel, ...score } }) => ({
      ...score,
      precision: rounded(score.precision),
      recall: rounded(score.recall),
      replyAccuracy: rounded(score.replyAccuracy),
      scoringModel: scoringModelOf(checkpoint),
      scoringLatencyMs: Math.round(sum(verdictsOf(checkpoint).map(({ latencyMs }) => latencyMs))),
      scored: outcome === 'scored',
    })),
  };
};
