import type { Certificate } from '#contracts/certificate.ts';
import type { CertificateDocument } from '#contracts/certificate-document.ts';
import { hashLeaf } from '../log/merkle.ts';
import { compareGroundTruthIds } from '../statistics/aggregate.ts';
import { type CertifiedRun, certifyReplays, type PlacedReplay, placeReplays } from './build.ts';
import { documentFacts, documentOf, type PinnedEvidence } from './document.ts';
import { type EvidenceRecord, factsOf, pinnedBy, readEvidenceLine } from './evidence.ts';
import { presentCertificate } from './present.ts';
import { earlierIn } from './recompute.ts';

/** The run that a document describes, as far as its evidence does not. */
const runOf = (
  { groundTruth, method, trust, usage, sample }: CertificateDocument,
  replaced: number,
): CertifiedRun => {
  const { agreement } = method;
  const { listed, excluded, source, commitRange, limit, modelCutoff } = groundTruth;
  return {
    sample,
    draw: { listed, excluded, source, commitRange, private: groundTruth.private },
    seed: method.seed,
    seedSource: method.seedSource,
    blinded: method.blinded,
    limit,
    minReplays: method.minReplays,
    weights: method.weights,
    judge: {
      provider: method.judge.provider,
      model: method.judge.requestedModel,
      endpoint: method.judge.endpoint,
      promptDigest: method.judge.promptDigest,
    },
    second: agreement && {
      provider: agreement.provider,
      model: agreement.model,
      endpoint: agreement.endpoint,
    },
    earlier: { canaries: earlierIn(trust, trust.canaries), certificates: trust.pool.certificates },
    exam: method.exam,
    replaced,
    unanswered: usage.unanswered,
    modelCutoff,
  };
};

/** Of a public change everything but its author is in the evidence; of a private one only what was found from both. */
const placed = (records: EvidenceRecord[], modelCutoff: string | null): PlacedReplay[] => {
  const replays = records.map(({ facts, checkpoint }) => ({
    groundTruthId: facts.groundTruth.id,
    facts,
    checkpoint,
  }));
  const dated = replays.flatMap((replay) => {
    const { mergedAt } = replay.facts.groundTruth;
    const { dependence } = replay.facts;
    return mergedAt === null ? [] : [{ ...replay, mergedAt, author: dependence && `${dependence.author}` }];
  });
  if (dated.length === replays.length) return placeReplays(dated, modelCutoff);
  return replays.map(({ facts, ...replay }) => ({
    ...replay,
    change: facts.dependence && { dependence: facts.dependence, afterCutoff: facts.afterCutoff },
  }));
};

/** A certificate and what its evidence says, both as the evidence's verdicts give them. */
export type Rebuilt = {
  certificate: Certificate;
  document: CertificateDocument;
  facts: EvidenceRecord['facts'][];
};

/**
 * Computes a document and the facts of its evidence from the verdicts, and copies what they do not decide.
 * @throws Error if no run can have had these verdicts.
 */
export const rebuild = (document: CertificateDocument, evidence: ReadEvidence): Rebuilt => {
  const { records } = evidence;
  const isPrivate = document.groundTruth.private;
  const replays = placed(records, document.groundTruth.modelCutoff);
  const replaced = records.filter(({ checkpoint }) => checkpoint.answerKey?.kind === 'impossible').length;
  const { replayScores, ...content } = certifyReplays(runOf(document, replaced), replays);
  const endedAt = new Map(records.map(({ facts }) => [facts.groundTruth.id, facts.endedAt]));
  const certificate = presentCertificate(
    {
      ...content,
      id: document.id,
      constructId: document.construct.name,
      createdAt: new Date(document.issuedAt),
    },
    replayScores.map(({ scored: _scored, ...score }) => ({
      ...score,
      id: score.groundTruthId,
      scoredAt: new Date(endedAt.get(score.groundTruthId) ?? document.issuedAt),
    })),
  );
  return {
    certificate,
    document: documentOf(certificate, documentFacts(document), evidence.pinned),
    facts: records.map(({ facts, checkpoint }, at) =>
      factsOf(facts, checkpoint, { change: replays[at]?.change ?? null, isPrivate }),
    ),
  };
};

export type ReadEvidence = { records: EvidenceRecord[]; pinned: PinnedEvidence; sealed: number };

/**
 * Reads a certificate's evidence. Its lines are in the order of the changes' ids, each once.
 * @throws Error that names the line and says what is wrong in it.
 */
export const readEvidence = (lines: Uint8Array[], isPrivate: boolean): ReadEvidence => {
  const read = lines.map((line, at) => {
    try {
      return readEvidenceLine(line, isPrivate);
    } catch (error) {
      throw new Error(`Line ${at + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const ids = read.map(({ facts }) => facts.groundTruth.id);
  const unordered = ids.findIndex((id, at) => at > 0 && compareGroundTruthIds(ids[at - 1] ?? '', id) >= 0);
  if (unordered >= 0) throw new Error(`Line ${unordered + 1}: it does not follow the one before.`);
  return {
    records: read.map(({ facts, checkpoint }) => ({ facts, checkpoint })),
    pinned: pinnedBy(
      lines.map(hashLeaf),
      read.map(({ facts }) => facts.groundTruth.digest),
    ),
    sealed: read.reduce((sum, { sealed }) => sum + sealed, 0),
  };
};

/** The certificate that a document states, with the replays of its evidence, as other surfaces show it. */
export const statedCertificate = (document: CertificateDocument, evidence: ReadEvidence): Certificate => {
  const { results, trust, usage } = document;
  const { byMeasure, unanswered, ...total } = usage;
  return {
    ...rebuild(document, evidence).certificate,
    ...results,
    compositeInterval: results.intervals.compositeScore,
    sampleSize: results.replayCount,
    domain: document.domain,
    provisional: document.provisional,
    methodologyVersion: document.method.version,
    scoringModel: document.method.judge.model,
    judgeForms: document.method.judge.forms,
    trust,
    judgeReliable: trust.reliable,
    usage: total,
    usageByMeasure: byMeasure,
    unanswered,
  };
};
