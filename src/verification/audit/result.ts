import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Audit, AuditLabel, AuditResult, SampledLabel } from '#contracts/audit.ts';
import { type Certificate, certificateSchema } from '#contracts/certificate.ts';
import { toWire } from '#contracts/wire.ts';
import { canonicalDigest } from '../certificate/canonical.ts';
import { type Disagreement, disagreementsBetween } from '../certificate/recompute.ts';
import { adjustedPrecision } from '../statistics/adjusted-precision.ts';
import { roundedThroughout } from '../statistics/aggregate.ts';
import { auditedJudge } from '../statistics/audited-judge.ts';
import {
  type AuditedReplay,
  auditedBounds,
  auditedPrecision,
  type ClaimLabel,
} from '../statistics/audited-precision.ts';

/** SHA-256 of the certificate as it is published, in canonical form, without what became of it later. */
export const certificateDigest = (certificate: Certificate): string =>
  canonicalDigest(toWire(certificateSchema.parse(certificate)));

/** The sample's seed: SHA-256 of the digest's hexadecimal digits, in hexadecimal digits. */
export const auditSeed = (digest: string): string => bytesToHex(sha256(utf8ToBytes(digest)));

const truthOf: Record<AuditLabel, boolean | null> = { true: true, false: false, cannot_tell: null };

/** The rates of a judge whose verdicts the labels were compared with. `of` does not affect the value. */
const byRates = (
  replays: readonly AuditedReplay[],
  { q1, q0 }: { q1: { value: number } | null; q0: { value: number } | null },
  of: number,
): number | null => {
  if (q1 === null || q0 === null) return null;
  const adjusted = adjustedPrecision(
    replays.map(({ claimsTotal, claimsRuled, claimsSupported, dependence }) => ({
      precision: claimsSupported / claimsTotal,
      ruledShare: claimsRuled / claimsTotal,
      dependence,
    })),
    { q0: { value: q0.value, of }, q1: { value: q1.value, of } },
  );
  return adjusted?.value ?? null;
};

/**
 * What a finished audit says, from its certificate and labels alone (methodology, "Human audit").
 * @throws Error if a claim has no label, or is of no replay of the certificate.
 */
export const auditResult = (
  { replayScores }: Pick<Certificate, 'replayScores'>,
  sample: readonly Pick<
    SampledLabel,
    'groundTruthId' | 'claimId' | 'supported' | 'inclusionProbability' | 'label'
  >[],
): AuditResult => {
  const places = new Map(replayScores.map(({ groundTruthId }, place) => [groundTruthId, place]));
  const labels = sample.map(
    ({ groundTruthId, claimId, supported, inclusionProbability, label }): ClaimLabel => {
      const replay = places.get(groundTruthId);
      if (replay === undefined) throw new Error(`The certificate has no replay ${groundTruthId}.`);
      if (label === null)
        throw new Error(`The claim ${claimId} of the replay ${groundTruthId} has no label.`);
      return { replay, supported, inclusionProbability, isTrue: truthOf[label] };
    },
  );
  const bounds = auditedBounds(replayScores, labels);
  if (bounds === null) throw new Error('An audit has at least one claim.');
  const rates = auditedJudge(labels) ?? { q1: null, q0: null, kappa: null };
  const counted = (wanted: AuditLabel) => sample.filter(({ label }) => label === wanted).length;
  return roundedThroughout({
    labels: { true: counted('true'), false: counted('false'), cannotTell: counted('cannot_tell') },
    precision: auditedPrecision(replayScores, labels),
    bounds,
    ...rates,
    byRates: byRates(replayScores, rates, labels.length),
  });
};

/**
 * Where the result of a finished audit disagrees with its labels. Null if it has no result, so that nothing is measured.
 * The verdicts and chances of its claims are taken as stated: no certificate has them.
 */
export const auditDisagreements = (
  certificate: Pick<Certificate, 'replayScores'>,
  { result, labels }: Pick<Audit, 'result' | 'labels'>,
): Disagreement[] | null => {
  if (result === null || labels === null) return null;
  const replays = new Set(certificate.replayScores.map(({ groundTruthId }) => groundTruthId));
  const seen = new Set<string>();
  const wrong = labels.flatMap(({ groundTruthId, claimId }, place) => {
    const name = JSON.stringify([groundTruthId, claimId]);
    const isRepeated = seen.has(name);
    seen.add(name);
    if (!replays.has(groundTruthId))
      return [{ field: `labels[${place}].ground_truth_id`, published: groundTruthId, recomputed: null }];
    return isRepeated ? [{ field: `labels[${place}].claim_id`, published: claimId, recomputed: null }] : [];
  });
  return wrong.length > 0
    ? wrong
    : disagreementsBetween({ result }, { result: auditResult(certificate, labels) });
};
