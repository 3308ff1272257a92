import Link from 'next/link';
import { Fragment } from 'react';
import type { Certificate } from '#contracts/certificate.ts';
import { notChecked } from '#verification/certificate/not-checked.ts';
import { GroundTruthFacts, MethodFacts, ReplayCounts } from './certificate-facts.tsx';
import { JudgeTrustFacts, SecondJudgeFacts } from './certificate-judge.tsx';
import { LiftFacts } from './certificate-lift.tsx';
import { CertificateNotices } from './certificate-notices.tsx';
import { UsageTable } from './certificate-usage.tsx';
import { Code, FieldName } from './facts.tsx';
import { countOf } from './format.ts';
import { PageHeading, Section } from './page-heading.tsx';
import { ReplayTable, UnscoredTable } from './replay-table.tsx';
import { BesideScores, Scores } from './scores.tsx';
import { Time } from './time.tsx';

/** The whole of a certificate, readable top to bottom without a script. */
export const CertificateView = ({ certificate }: { certificate: Certificate }) => (
  <article>
    <PageHeading title={<bdi>{certificate.constructId}</bdi>}>
      <p>
        Calibration certificate over {countOf(certificate.replayCount, 'replay')}, issued{' '}
        <Time at={certificate.createdAt} />. The construct’s name is unowned: free text that anyone could have
        typed.
      </p>
      <p className="mt-1 text-sm">
        <Code>{certificate.id}</Code>
      </p>
    </PageHeading>

    <CertificateNotices certificate={certificate} />

    <Section id="scores" title="Scores">
      <Scores certificate={certificate} />
      <p className="mt-3 mb-4 text-sm text-muted">
        The band on each scale is the 95 % interval, the mark the score.
      </p>
      <BesideScores certificate={certificate} />
    </Section>

    <Section id="estimated" title="What is estimated">
      <p className="max-w-[68ch]">
        The expected score of one pull request drawn from the run’s eligible set, every pull request weighing
        the same, under this judge and these prompts. It says nothing of other repositories. Intervals treat
        pull requests as independent.
      </p>
    </Section>

    <Section id="lift" title="Lift over the parrot">
      <LiftFacts trust={certificate.trust} />
    </Section>

    <Section id="judge" title="How far the judge can be trusted">
      <JudgeTrustFacts certificate={certificate} />
      <p className="mt-3 max-w-[68ch] text-sm text-muted">
        What the judges of this version go by stands{' '}
        <Link href={`/judges#${certificate.judge}`} prefetch={false} className="link">
          under Judges
        </Link>
        , to the last word; this one went by it if its digest, under Method, is the same.
      </p>
    </Section>

    <Section id="second-judge" title="Second judge">
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

    <Section id="recompute" title="Recompute it">
      <p className="max-w-[68ch]">
        Scores, intervals and what is said of the judge follow from the replays above.{' '}
        <a className="link" href={`/api/v1/verification/certificates/${certificate.id}`}>
          This certificate as JSON
        </a>{' '}
        carries them unabridged, six decimals each; <Code>echelon-verify inspect</Code> holds it against them.
      </p>
      <p className="mt-3 max-w-[68ch] text-sm text-muted">
        Nothing in it decides, and so nobody can check from it alone:{' '}
        {notChecked(certificate).map((name, at) => (
          <Fragment key={name}>
            {at > 0 ? ', ' : ''}
            <FieldName>{name}</FieldName>
          </Fragment>
        ))}
        . Nor does it show that the judge ruled so.
      </p>
    </Section>
  </article>
);
