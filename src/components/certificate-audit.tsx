import type { Audit, AuditResult } from '#contracts/audit.ts';
import type { Interval } from '#contracts/interval.ts';
import { Estimate } from './estimate.tsx';
import { Facts } from './facts.tsx';
import { countOf, countText, intervalText, notMeasured, scoreText } from './format.ts';
import { Time } from './time.tsx';

const Measured = ({ measured }: { measured: { value: number; interval: Interval } | null }) =>
  measured === null ? notMeasured : <Estimate value={measured.value} interval={measured.interval} />;

const precisionRemark = ({ precision, byRates }: AuditResult) =>
  [
    precision === null
      ? 'Of the claims that the judge supported, or of those that it did not, none could be told.'
      : 'What precision would be with the owner’s word in place of the judge’s. It rests on the labels and on the verdicts on all claims.',
    ...(byRates === null
      ? []
      : [`Corrected by q0 and q1 instead, as a check, it would be ${scoreText(byRates)}.`]),
  ].join(' ');

/** What a finished audit says. */
export const AuditFacts = ({ result }: { result: AuditResult }) => {
  const { labels, precision, bounds, q1, q0, kappa } = result;
  return (
    <Facts
      facts={[
        {
          term: 'Precision by this audit',
          value: <Measured measured={precision} />,
          remark: precisionRemark(result),
        },
        {
          term: 'Labels',
          value: `${countText(labels.true)} true, ${countText(labels.false)} false, ${countText(labels.cannotTell)} cannot tell`,
          ...(labels.cannotTell > 0 && {
            remark: `If what could not be told is all false, or all true, precision is between ${intervalText(bounds)}; not a confidence interval.`,
          }),
        },
        { term: 'True claims supported (q1)', value: <Measured measured={q1} /> },
        { term: 'False claims not supported (q0)', value: <Measured measured={q0} /> },
        {
          term: 'Cohen’s kappa',
          value: <Measured measured={kappa} />,
          remark: 'Between judge and owner: 1 if they always agree, 0 if they agree as often as by chance.',
        },
      ]}
    />
  );
};

/** The human audit of a certificate, finished or not. */
export const CertificateAudit = ({ audit }: { audit: Audit }) => (
  <>
    <p className="mb-4 max-w-[68ch]">
      In an audit, the owner of a run labels some of its claims without being shown the judge’s verdicts. It
      is the owner’s word, and the certificate is not changed by it. This one asks about{' '}
      {countOf(audit.size, 'claim')}, drawn at random with a seed that follows from this certificate. They are
      drawn from the verdict on every claim, which is not published, so a reader cannot draw them again. The
      audit was begun <Time at={audit.begunAt} />
      {audit.finishedAt !== null ? (
        <>
          {' '}
          and finished <Time at={audit.finishedAt} />.
        </>
      ) : audit.closedAt !== null ? (
        <>
          {' '}
          and closed <Time at={audit.closedAt} />, without a result: what it would have asked about was
          deleted after its retention.
        </>
      ) : (
        ' and is not finished.'
      )}
    </p>
    {audit.result === null ? null : (
      <>
        <AuditFacts result={audit.result} />
        <p className="mt-3 text-sm">
          <a className="link" href={`/api/v1/verification/certificates/${audit.certificateId}/audit`}>
            This audit as JSON, with every label
          </a>
        </p>
      </>
    )}
  </>
);
