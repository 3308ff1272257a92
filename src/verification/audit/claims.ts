import type { RawScores } from '#contracts/certificate.ts';
import type { ReplayCheckpoint } from '#contracts/replay.ts';
import { publishedPartId, withPublishedIds } from '../certificate/raw-replay.ts';
import { endOfReplay } from '../replay/score.ts';
import type { RuledReplay } from './sample.ts';

/** A claim that the judge ruled on. `texts` are those that were folded into it. */
export type AuditableClaim = { id: string; supported: boolean; texts: string[] };

/** `id` is the certificate's, `groundTruthId` the change's own. They differ for a private repository. */
export type AuditableReplay = { id: string; groundTruthId: string; claims: AuditableClaim[] };

/** The claims of one replay that an audit can ask about. */
export const auditableClaims = (
  { oracle, precision }: Pick<ReplayCheckpoint, 'oracle' | 'precision'>,
  isPrivate: boolean,
): AuditableClaim[] => {
  // Where only the control got a verdict, the judge ruled on no claim.
  if (oracle?.kind !== 'answer' || precision?.kind !== 'judged' || precision.control) return [];
  const { keyClaims } = oracle.answer;
  return precision.claims.flatMap(({ id, members, ruled, supported }, index) => {
    if (!ruled) return [];
    const texts = members.map((member) => keyClaims[member]?.claim ?? '');
    return [{ id: publishedPartId(id, index, isPrivate), supported, texts: [...new Set(texts)] }];
  });
};

/** What an audit can ask about: the claims that count in a certificate's precision, folded as the judge ruled on them. */
export const auditableReplays = (
  replays: readonly { groundTruthId: string; checkpoint: ReplayCheckpoint }[],
  isPrivate: boolean,
): AuditableReplay[] => {
  const ended = replays.flatMap((replay) => {
    const end = endOfReplay(replay.checkpoint);
    return end === null ? [] : [{ ...replay, end }];
  });
  return withPublishedIds(ended, isPrivate)
    .filter(({ end }) => end.outcome === 'scored')
    .map(({ id, groundTruthId, checkpoint }) => ({
      id,
      groundTruthId,
      claims: auditableClaims(checkpoint, isPrivate),
    }));
};

/** The same without texts, from the certificate's own record. */
export const ruledReplays = ({ replays }: Pick<RawScores, 'replays'>): RuledReplay[] =>
  replays
    .filter(({ outcome }) => outcome === 'scored')
    .map(({ groundTruthId, claims, funnel }) => ({
      id: groundTruthId,
      // Where only the control got a verdict, each claim counts as ruled on, and the funnel says that none was.
      claims: claims
        .filter(({ ruled }) => ruled && funnel !== null && funnel.ruled > 0)
        .map(({ id, supported }) => ({ id, supported })),
    }));
