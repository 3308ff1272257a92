import type { ReplayCheckpoint } from '#contracts/replay.ts';
import { maxClaims } from '../text/judged-answer.ts';

type Verdicts = Pick<ReplayCheckpoint, 'precision' | 'recall'>;

const sameList = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((item, at) => item === b[at]);

/** Claims that no folding makes: each of those that were read is in one folded claim, and these are numbered. */
const claimsContradict = ({ precision }: Verdicts): boolean => {
  if (precision?.kind !== 'judged') return false;
  const { claims, claimsMade, claimsCut } = precision;
  const members = claims.flatMap((claim) => claim.members).toSorted((a, b) => a - b);
  const read = members.map((_, at) => at);
  const numbered = claims.every(({ id }, at) => id === `c${at + 1}` || id === `${at + 1}`);
  return (
    claimsCut !== Math.max(0, claimsMade - maxClaims) ||
    members.length !== claimsMade - claimsCut ||
    !sameList(members, read) ||
    !numbered
  );
};

/**
 * Where the steps of a replay contradict each other, which no number of the certificate shows: claims that were not
 * folded as they must be, verdicts on other changes than the key's, and other claims than the oracle made.
 */
export const stepContradictions = (checkpoint: ReplayCheckpoint): string[] => {
  const { answerKey, oracle, precision } = checkpoint;
  const keyIds = answerKey?.kind === 'made' ? answerKey.key.changes.map(({ id }) => id) : [];
  const parts: [string, Verdicts][] = [
    ['', checkpoint],
    ['baseline.', checkpoint.baseline ?? {}],
    ['second.', checkpoint.second ?? {}],
  ];
  const claimsHeard =
    oracle?.kind === 'answer' ? oracle.answer.keyClaims.length + oracle.answer.cut.claims : 0;
  return [
    ...(new Set(keyIds).size === keyIds.length ? [] : ['answer_key.key.changes']),
    ...parts.flatMap(([name, part]) => [
      ...(claimsContradict(part) ? [`${name}precision.claims`] : []),
      ...(part.recall?.kind === 'judged' &&
      !sameList(
        part.recall.changes.map(({ id }) => id),
        keyIds,
      )
        ? [`${name}recall.changes`]
        : []),
    ]),
    ...(precision?.kind === 'judged' && precision.claimsMade !== claimsHeard
      ? ['oracle.answer.key_claims']
      : []),
  ];
};
