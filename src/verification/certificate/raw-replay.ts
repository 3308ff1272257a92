import type { RawReplay } from '#contracts/certificate.ts';
import type { ReplayEvidence } from '#contracts/judge-trust.ts';
import type { OracleFailure } from '#contracts/oracle.ts';
import type { Dependence, ReplayScore, WordlessCheckpoint } from '#contracts/replay.ts';
import { scoreBaseline } from '../replay/baseline.ts';
import type { ReplayEnd } from '../replay/score.ts';
import { compareGroundTruthIds, rounded } from '../statistics/aggregate.ts';

/** What a replay in the denominator says of its change. */
export type ChangeFacts = { dependence: Dependence; afterCutoff: boolean | null };

/** `id` is the published id: an ordinal if the repository is private. */
export type EndedReplay = {
  id: string;
  checkpoint: WordlessCheckpoint;
  end: ReplayEnd;
  score: ReplayScore | null;
};

/** What a certificate calls each replay, and the order in which it has them. Replaced changes have no place on it. */
export const withPublishedIds = <Replay extends { groundTruthId: string; end: ReplayEnd }>(
  replays: readonly Replay[],
  isPrivate: boolean,
): (Replay & { id: string })[] =>
  replays
    .filter(({ end }) => end.outcome !== 'replaced')
    .toSorted((a, b) => compareGroundTruthIds(a.groundTruthId, b.groundTruthId))
    .map((replay, index) => ({ ...replay, id: isPrivate ? `${index + 1}` : replay.groundTruthId }));

/** What it calls a claim or a change of a replay. */
export const publishedPartId = (own: string, index: number, isPrivate: boolean): string =>
  isPrivate ? `${index + 1}` : own;

/**
 * An oracle's failure as anyone may read it: its kind and status. The rest is for the run's owner, because the words of
 * a service or an exception can hold secrets.
 */
export const failureInPublic = ({ reason, status }: Pick<OracleFailure, 'reason' | 'status'>): string =>
  status === undefined ? reason : `${reason} ${status}`;

/** Why a replay was not scored, as anyone may read it. Null: it was. */
export const reasonInPublic = (
  end: ReplayEnd,
  { oracle }: WordlessCheckpoint,
  isPrivate: boolean,
): string | null => {
  if (end.outcome === 'oracle_failure' && oracle?.kind === 'failure') return failureInPublic(oracle);
  // What a judge says may quote the change.
  return isPrivate && end.outcome !== 'scored' ? 'A verdict was not obtained.' : end.reason;
};

const baselineEvidenceOf = (groundTruthId: string, { answerKey, baseline }: WordlessCheckpoint) => {
  const { precision, recall, reply } = baseline ?? {};
  if (answerKey?.kind !== 'made' || precision === undefined || recall === undefined) return null;
  if (reply?.kind !== 'judged') return null;
  const score = scoreBaseline(groundTruthId, answerKey.key, { precision, recall, reply });
  if (score === null) return null;
  const { claimsTotal, claimsSupported, changesTotal, changesSurfaced } = score;
  return {
    claimsTotal,
    claimsSupported,
    changesTotal,
    changesSurfaced,
    // The grade of a reply may need support that it does not have.
    replyAccuracy: score.replyAccuracy === 0 ? 0 : reply.replyAccuracy,
  };
};

const secondOf = ({ precision, recall, reply, second }: WordlessCheckpoint): ReplayEvidence['second'] => {
  if (precision?.kind !== 'judged' || recall?.kind !== 'judged' || reply?.kind !== 'judged') return null;
  if (second?.precision?.kind !== 'judged' || second.recall?.kind !== 'judged') return null;
  if (second.reply?.kind !== 'judged') return null;
  // The same answer folds into the same claims, and the key's changes are the same, so places match.
  const { precision: otherPrecision, recall: otherRecall } = second;
  return {
    claims: precision.claims.flatMap(({ ruled, supported }, place) => {
      const other = otherPrecision.claims[place];
      // A claim that only one of them can rule on shows no agreement.
      return ruled && other?.ruled !== false ? [{ first: supported, second: other?.supported ?? false }] : [];
    }),
    changes: recall.changes.map(({ surfaced }, place) => ({
      first: surfaced,
      second: otherRecall.changes[place]?.surfaced ?? false,
    })),
    reply: { first: reply.replyAccuracy, second: second.reply.replyAccuracy },
    model: second.precision.model,
  };
};

/** The part of a replay in the denominator that the judge's trust is computed from. */
export const evidenceOf = ({ id, checkpoint }: Pick<EndedReplay, 'id' | 'checkpoint'>): ReplayEvidence => {
  const { answerKey, precision } = checkpoint;
  const canaries = precision?.kind === 'judged' ? precision.canaries : [];
  return {
    canaries: canaries.map(({ kind, way, author, supported }) => ({ kind, way, author, supported })),
    variantsDropped: answerKey?.kind === 'made' ? answerKey.key.variants.dropped : 0,
    baseline: baselineEvidenceOf(id, checkpoint),
    second: secondOf(checkpoint),
  };
};

/**
 * What a certificate keeps of one replay. For an unscored one that is the reason and no verdict, because no published
 * number uses it. A private repository's ids of claims and changes become ordinals, because a judge chose their words.
 */
export const rawReplay = (replay: EndedReplay, change: ChangeFacts | null, isPrivate: boolean): RawReplay => {
  const { id, checkpoint, end, score } = replay;
  if (end.outcome === 'replaced') throw new Error('A replaced change has no place on a certificate.');
  const { answerKey, precision, recall } = checkpoint;
  const publishedId = (own: string, index: number) => publishedPartId(own, index, isPrivate);
  const claims = score !== null && precision?.kind === 'judged' ? precision.claims : [];
  const changes = score !== null && answerKey?.kind === 'made' ? answerKey.key.changes : [];
  const surfaced = recall?.kind === 'judged' ? recall.changes.filter((change) => change.surfaced) : [];
  return {
    groundTruthId: id,
    outcome: end.outcome,
    reason: reasonInPublic(end, checkpoint, isPrivate),
    precision: score && rounded(score.precision),
    recall: score && rounded(score.recall),
    replyAccuracy: score && rounded(score.replyAccuracy),
    claims: claims.map((claim, index) => ({
      id: publishedId(claim.id, index),
      folded: claim.members.length,
      restatement: claim.restatement,
      ruled: claim.ruled,
      supported: claim.supported,
    })),
    funnel: score?.funnel ?? null,
    changes: changes.map((change, index) => ({
      id: publishedId(change.id, index),
      surfaced: surfaced.some(({ id: seen }) => seen === change.id),
    })),
    dependence: change?.dependence ?? null,
    afterCutoff: change?.afterCutoff ?? null,
    evidence: score && evidenceOf(replay),
  };
};
