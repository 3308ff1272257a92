import type { Certificate } from '#contracts/certificate.ts';
import {
  hasLeaked,
  neverReliable,
  ruledOnText,
  whyNotReliable,
} from '#verification/certificate/judge-standing.ts';
import { countOf, countText } from './format.ts';
import { Notice } from './notice.tsx';

/** Injected canaries that the judge accepted, in this run or an earlier one of the same judge. */
const LeakNotice = ({ trust }: { trust: Certificate['trust'] }) => {
  if (!hasLeaked(trust)) return null;
  const own = trust.canaries.injected;
  const together = trust.pool.canaries.injected;
  return (
    <Notice tone="danger" title="Injected canaries leaked">
      {own.shown === 0
        ? 'No injected canary was shown in this run. '
        : `In this run the judge accepted ${countText(own.supported)} of ${countOf(own.shown, 'false claim')} that also ordered it to accept them. `}
      {trust.pool.certificates.length > 0
        ? `Together with earlier runs: ${countText(together.supported)} of ${countText(together.shown)}. `
        : ''}
      An oracle that writes such orders into its claims could raise its score.
    </Notice>
  );
};

/** Failures score like wrong answers, but mean something else. */
const OracleFailureNotice = ({ counts }: { counts: Certificate['counts'] }) =>
  counts.oracleFailures === 0 ? null : (
    <Notice
      tone={counts.oracleFailures * 2 >= counts.scored ? 'danger' : 'caution'}
      title="Oracle failures count as 0"
    >
      In {countText(counts.oracleFailures)} of {countOf(counts.scored, 'scored replay')} the oracle gave no
      usable answer: it was an error, too late or malformed. Each scores 0 on all three measures.
    </Notice>
  );

const ReliabilityNotice = ({ certificate }: { certificate: Certificate }) => {
  const why = whyNotReliable(certificate);
  // The notice of the offline check says it already.
  return why === null || certificate.judge === 'offline' ? null : (
    <Notice tone="caution" title="Judge not shown to be reliable">
      {why}
    </Notice>
  );
};

/** What a reader must know before the numbers, the most serious first. */
export const CertificateNotices = ({ certificate }: { certificate: Certificate }) => (
  <div className="grid items-start gap-3 md:grid-cols-2 md:[&>:last-child:nth-child(odd)]:col-span-2">
    {certificate.judge === 'offline' ? (
      <Notice tone="caution" title="Offline check">
        {ruledOnText(certificate)} {neverReliable} A program that writes true facts by template scores like an
        honest reader or better. Such certificates are never ranked.
      </Notice>
    ) : null}
    {certificate.sample ? (
      <Notice tone="caution" title="Sample">
        This is the one-click sample: this installation’s small demonstration oracle, verified against the
        project’s own history. It shows what a certificate looks like and says nothing about any real oracle.
      </Notice>
    ) : null}
    <OracleFailureNotice counts={certificate.counts} />
    <LeakNotice trust={certificate.trust} />
    <ReliabilityNotice certificate={certificate} />
    <Notice title={`${certificate.tier} · ${certificate.methodologyVersion}`}>
      A preview of the method: signed and logged, but it will never be upgraded. The tier says how well an
      oracle was tested, not how good it is.
    </Notice>
    {certificate.provisional ? (
      <Notice title="Provisional">
        {countOf(certificate.replayCount, 'scored replay')}, but the run asked for at least{' '}
        {certificate.minReplays}: too few for the intervals to say much.
      </Notice>
    ) : null}
  </div>
);
