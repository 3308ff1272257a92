import Link from 'next/link';
import { Fragment, type ReactNode } from 'react';
import type { Audit } from '#contracts/audit.ts';
import type { Certificate } from '#contracts/certificate.ts';
import type { CertificateStanding } from '#contracts/certificate-standing.ts';
import { notChecked } from '#verification/certificate/not-checked.ts';
import { CertificateAudit } from './certificate-audit.tsx';
import { ClaimFunnel } from './certificate-claims.tsx';
import { GroundTruthFacts, MethodFacts, ReplayCounts } from './certificate-facts.tsx';
import { FreshnessTable } from './certificate-freshness.tsx';
import { JudgeTrustFacts, SecondJudgeFacts } from './certificate-judge.tsx';
import { LiftFacts } from './certificate-lift.tsx';
import { CertificateNotices } from './certificate-notices.tsx';
import { DisputeHistory, StandingFacts, StandingNotice } from './certificate-standing.tsx';
import { UsageTable } from './certificate-usage.tsx';
import { Code, FieldName } from './facts.tsx';
import { countOf } from './format.ts';
import { PageHeading, Section } from './page-heading.tsx';
import { ReplayTable, UnscoredTable } from './replay-table.tsx';
import { BesideScores, Scores } from './scores.tsx';
import { Time } from './time.tsx';

/** A whole certificate, readable from top to bottom without a script. */
export const CertificateView = ({
  certificate,
  standing,
  audit,
  actions,
}: {
  certificate: Certificate;
  standing: CertificateStanding;
  /** Null: none was begun. */
  audit: Audit | null;
  /** What the reader may do with it. */
  actions: ReactNode;
}) => (
  <article>
    <PageHeading title={<bdi>{certificate.constructId}</bdi>}>
      <p>
        Calibration certificate over {countOf(certificate.replayCount, 'replay')}, issued{' '}
        <Time at={certificate.createdAt} />. The construct’s name has no owner: it is free text that anyone
        could have typed.
      </p>
      <p className="mt-1 text-sm">
        <Code>{certificate.id}</Code>
      </p>
    </PageHeading>

    <StandingNotice standing={standing} />
    {actions}
    <CertificateNotices certificate={certificate} />

    <Section id="scores" title="Scores">
      <Scores certificate={certificate} />
      <p className="mt-3 mb-4 text-sm text-muted">
        On each scale the mark is the score and the band its 95 % interval.
      </p>
      <BesideScores certificate={certificate} audit={audit} />
    </Section>

    <Section id="claims" title="What became of its claims">
      <ClaimFunnel certificate={certificate} />
    </Section>

    <Section id="estimated" title="What is estimated">
      <p className="max-w-[68ch]">
        The expected score of one pull request drawn from the run’s eligible set, with equal weights, under
        this judge and these prompts. It says nothing about other repositories. The intervals allow for pull
        requests of one author, or of one week, being right or wrong together: the design effect beside a
        score says how many times larger that makes its variance.
      </p>
    </Section>

    <Section id="lift" title="Lift over the baseline">
      <LiftFacts trust={certificate.trust} />
    </Section>

    {certificate.freshness === null ? null : (
      <Section id="freshness" title="Before and after the model’s cutoff">
        <FreshnessTable freshness={certificate.freshness} />
      </Section>
    )}

    <Section id="judge" title="How far the judge can be trusted">
      <JudgeTrustFacts certificate={certificate} />
      <p className="mt-3 max-w-[68ch] text-sm text-muted">
        The page{' '}
        <Link href={`/judges#${certificate.judge}`} prefetch={false} className="link">
          Judges
        </Link>{' '}
        shows the full rules of this version’s judges. This judge followed them if its digest, under Method,
        is the same.
      </p>
    </Section>

    {audit === null ? null : (
      <Section id="audit" title="Human audit">
        <CertificateAudit audit={audit} />
      </Section>
    )}

    {standing.disputes.length === 0 ? null : (
      <Section id="disputes" title="Disputes">
        <DisputeHistory disputes={standing.disputes} />
      </Section>
    )}

    <Section id="agreement" title="Agreement">
      <SecondJudgeFacts certificate={certificate} />
    </Section>

    <Section id="counts" title="Replays by outcome">
      <ReplayCounts certificate={certificate} />
    </Section>

    <Section id="ground-truth" title="Ground truth">
      <GroundTruthFacts certificate={certificate} />
    </Section>

    <Section id="method" title="Method">
      <MethodFacts certificate={certificate} />
    </Section>

    <Section id="usage" title="Judge usage by measure">
      <UsageTable certificate={certificate} />
    </Section>

    <Section id="replays" title="Every scored replay">
      <ReplayTable certificate={certificate} />
    </Section>

    {certificate.unscored.length > 0 ? (
      <Section id="unscored" title="Left out of the means">
        <UnscoredTable unscored={certificate.unscored} />
      </Section>
    ) : null}

    <Section id="signed" title="Check the signature">
      <StandingFacts constructId={certificate.constructId} standing={standing} />
      <p className="max-w-[68ch]">
        What this page shows is signed: the{' '}
        <a className="link" href={`/certificates/${certificate.id}.json`}>
          document
        </a>
        , its{' '}
        <a className="link" href={`/certificates/${certificate.id}.jws`}>
          signature
        </a>
        , the{' '}
        <a className="link" href={`/certificates/${certificate.id}/evidence.jsonl`}>
          evidence
        </a>{' '}
        of every replay, and the{' '}
        <a className="link" href="/.well-known/jwks.json">
          public keys
        </a>
        ; and the{' '}
        <a className="link" href={`/certificates/${certificate.id}.bundle`}>
          bundle
        </a>{' '}
        with the log’s proofs, which <Code>echelon-verify check</Code> verifies offline.{' '}
        <Link href={`/docs?certificate=${certificate.id}`} prefetch={false} className="link">
          How to check it
        </Link>{' '}
        shows the commands, also with tools that we did not write. The texts of answer keys and of the
        oracle’s answers are sealed until the certificate expires after 90 days; those of a private repository
        are not published at all.
      </p>
      <p className="mt-3 max-w-[68ch] text-sm text-muted">
        It proves that nothing was changed since it was issued and logged; not that the issuer asked honestly.
        A certificate is worth its issuer.
      </p>
    </Section>

    <Section id="recompute" title="Recompute it">
      <p className="max-w-[68ch]">
        Scores, intervals and the judge’s rates are computed from the replays above.{' '}
        <a className="link" href={`/api/v1/verification/certificates/${certificate.id}`}>
          This certificate as JSON
        </a>{' '}
        holds them in full, with six decimals. <Code>echelon-verify inspect</Code> recomputes and compares
        them.
      </p>
      <p className="mt-3 max-w-[68ch] text-sm text-muted">
        These fields cannot be checked from the certificate alone:{' '}
        {notChecked(certificate).map((name, at) => (
          <Fragment key={name}>
            {at > 0 ? ', ' : ''}
            <FieldName>{name}</FieldName>
          </Fragment>
        ))}
        . Nor can it show that the judge really gave these verdicts.
      </p>
    </Section>
  </article>
);
