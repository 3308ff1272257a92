import type {
  ClaimFunnel,
  PrecisionVerdict,
  ReplayOutcome,
  ReplayScore,
  WordlessCheckpoint,
} from '#contracts/replay.ts';

/** An oracle is expected to make one distinct claim for each change of the key, up to this many. */
export const expectedClaims = 3;

/** The denominator of precision (methodology, "Claims"): the folded claims, and of the offline check those ruled on. */
export const claimsTotalOf = (claims: number, changesTotal: number): number =>
  Math.max(claims, Math.min(expectedClaims, changesTotal));

/** The claims that folding left to be counted. */
export const foldedClaimsOf = ({
  made,
  cut,
  duplicates,
  restatements,
}: Pick<ClaimFunnel, 'made' | 'cut' | 'duplicates' | 'restatements'>): number =>
  made - cut - duplicates - restatements;

type JudgedPrecision = Extract<PrecisionVerdict, { kind: 'judged' }>;

/** The offline check cannot rule on each claim. The others do not count, so they do not fill the floor either. */
const countedClaimsOf = ({ claims }: JudgedPrecision): number => claims.filter(({ ruled }) => ruled).length;

/** What code made of the claims of an answer. Null instead of a verdict: the oracle gave no answer. */
const funnelOf = (precision: JudgedPrecision | null, changesTotal: number): ClaimFunnel => {
  const claims = precision?.claims ?? [];
  const counted = precision === null ? 0 : countedClaimsOf(precision);
  const foldedAway = (restatement: boolean) =>
    claims
      .filter((claim) => claim.restatement === restatement)
      .reduce((total, { members }) => total + members.length - 1, 0);
  return {
    made: precision?.claimsMade ?? 0,
    cut: precision?.claimsCut ?? 0,
    duplicates: foldedAway(false),
    restatements: foldedAway(true),
    // Where only the control got a verdict, the judge ruled on no claim, though each counts as not supported.
    ruled: precision?.control ? 0 : counted,
    supported: claims.filter(({ supported }) => supported).length,
    missing: claimsTotalOf(counted, changesTotal) - counted,
  };
};

/** The sums of several funnels. */
export const sumOfFunnels = (funnels: readonly ClaimFunnel[]): ClaimFunnel => {
  const sum = (part: keyof ClaimFunnel) => funnels.reduce((total, funnel) => total + funnel[part], 0);
  return {
    made: sum('made'),
    cut: sum('cut'),
    duplicates: sum('duplicates'),
    restatements: sum('restatements'),
    ruled: sum('ruled'),
    supported: sum('supported'),
    missing: sum('missing'),
  };
};

/** How a replay ended. `reason` is for the run's owner. Null: it was scored. */
export type ReplayEnd = { outcome: ReplayOutcome; reason: string | null };

const measures = [
  ['precision', 'precision'],
  ['recall', 'recall'],
  ['reply', 'reply accuracy'],
] as const;

/**
 * The end that a checkpoint's stored steps decide, or null while a deciding step is missing. One unscored measure
 * decides at once: the other two cannot change it, so a restarted worker pays for neither.
 */
export const endOfReplay = (checkpoint: WordlessCheckpoint): ReplayEnd | null => {
  const { answerKey, oracle } = checkpoint;
  if (answerKey === undefined) return null;
  if (answerKey.kind === 'impossible') return { outcome: 'replaced', reason: answerKey.reason };
  if (answerKey.kind === 'unavailable')
    return { outcome: 'unscored', reason: `answer key: ${answerKey.reason}` };
  if (oracle?.kind === 'failure')
    return { outcome: 'oracle_failure', reason: `${oracle.reason}: ${oracle.detail}` };
  const unscored = measures.flatMap(([step, name]) => {
    const verdict = checkpoint[step];
    return verdict?.kind === 'unscored' ? [`${name}: ${verdict.reason}`] : [];
  });
  // Even if the oracle was not asked: a replay that the verifier gave up ends with an unscored measure.
  if (unscored.length > 0) return { outcome: 'unscored', reason: unscored.join('; ') };
  if (oracle === undefined) return null;
  const judged = measures.every(([step]) => checkpoint[step]?.kind === 'judged');
  return judged ? { outcome: 'scored', reason: null } : null;
};

/**
 * A replay's measures, unrounded, computed from its stored verdicts alone (methodology, "One replay" and "Claims").
 * Null if the replay has not ended, is unscored (which is never zero) or was replaced.
 */
export const scoreReplay = (groundTruthId: string, checkpoint: WordlessCheckpoint): ReplayScore | null => {
  const end = endOfReplay(checkpoint);
  const { answerKey, precision, recall, reply } = checkpoint;
  if (end === null || answerKey?.kind !== 'made') return null;

  const changes = answerKey.key.changes;
  if (end.outcome === 'oracle_failure')
    return {
      groundTruthId,
      outcome: 'oracle_failure',
      precision: 0,
      recall: 0,
      replyAccuracy: 0,
      claimsTotal: claimsTotalOf(0, changes.length),
      claimsSupported: 0,
      changesTotal: changes.length,
      changesSurfaced: 0,
      funnel: funnelOf(null, changes.length),
    };
  if (precision?.kind !== 'judged' || recall?.kind !== 'judged' || reply?.kind !== 'judged') return null;

  const funnel = funnelOf(precision, changes.length);
  const claimsTotal = claimsTotalOf(countedClaimsOf(precision), changes.length);
  // By the key's ids: the key was made before the oracle was called, so it says what there was to find.
  const surfaced = new Set(recall.changes.filter((change) => change.surfaced).map(({ id }) => id));
  const changesSurfaced = changes.filter(({ id }) => surfaced.has(id)).length;
  return {
    groundTruthId,
    outcome: 'scored',
    precision: funnel.supported / claimsTotal,
    recall: changesSurfaced / changes.length,
    replyAccuracy: reply.needsSupport && funnel.supported + changesSurfaced === 0 ? 0 : reply.replyAccuracy,
    claimsTotal,
    claimsSupported: funnel.supported,
    changesTotal: changes.length,
    changesSurfaced,
    funnel,
  };
};
