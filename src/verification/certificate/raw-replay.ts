import type { RawReplay } from '#contracts/certificate.ts';
import type { ReplayCheckpoint, ReplayScore } from '#contracts/replay.ts';
import type { ReplayEnd } from '../replay/score.ts';
import { rounded } from '../statistics/aggregate.ts';

/** `id` is the one published: an ordinal where the repository is private. */
export type EndedReplay = {
  id: string;
  checkpoint: ReplayCheckpoint;
  end: ReplayEnd;
  score: ReplayScore | null;
};

/** Of a private repository no text is published: the kind of failure is, its words are not. */
const reasonWithoutText = (end: ReplayEnd, checkpoint: ReplayCheckpoint) => {
  if (end.outcome === 'scored') return null;
  return checkpoint.oracle?.kind === 'failure' ? checkpoint.oracle.reason : 'A verdict was not obtained.';
};

/**
 * What a certificate keeps of one replay. Of an unscored one that is why, and no verdict: nothing published follows
 * from it. A private repository's ids of claims and changes become ordinals, for a judge chose their words.
 */
export const rawReplay = ({ id, checkpoint, end, score }: EndedReplay, isPrivate: boolean): RawReplay => {
  if (end.outcome === 'replaced') throw new Error('A replaced change has no place on a certificate.');
  const { answerKey, precision, recall } = checkpoint;
  const publishedId = (own: string, index: number) => (isPrivate ? `${index + 1}` : own);
  const claims = score !== null && precision?.kind === 'judged' ? precision.claims : [];
  const changes = score !== null && answerKey?.kind === 'made' ? answerKey.key.changes : [];
  const surfaced = recall?.kind === 'judged' ? recall.changes.filter((change) => change.surfaced) : [];
  return {
    groundTruthId: id,
    outcome: end.outcome,
    reason: isPrivate ? reasonWithoutText(end, checkpoint) : end.reason,
    precision: score && rounded(score.precision),
    recall: score && rounded(score.recall),
    replyAccuracy: score && rounded(score.replyAccuracy),
    claims: claims.map((claim, index) => ({
      id: publishedId(claim.id, index),
      folded: claim.members.length,
      restatement: claim.restatement,
      supported: claim.supported,
    })),
    claimsMade: precision?.kind === 'judged' ? precision.claimsMade : 0,
    changes: changes.map((change, index) => ({
      id: publishedId(change.id, index),
      surfaced: surfaced.some(({ id: seen }) => seen === change.id),
    })),
  };
};
