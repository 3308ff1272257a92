'use client';

import Link from 'next/link';
import { useState } from 'react';
import { AuditFacts } from '#components/certificate-audit.tsx';
import { Refused } from '#components/refused.tsx';
import { type AuditProgress, auditCriteria, auditKeys, auditSize } from '#contracts/audit.ts';
import { trpc } from '../../../trpc-client.tsx';
import { Ruling } from './ruling.tsx';

/** What the labels mean, for as long as labels are given. */
const Criteria = () => (
  <dl className="max-w-[80ch] space-y-1 text-sm text-muted">
    {auditKeys.map(({ label, name }) => (
      <div key={label}>
        <dt className="inline font-semibold first-letter:uppercase">{name}: </dt>
        <dd className="inline">{auditCriteria[label]}</dd>
      </div>
    ))}
  </dl>
);

/** An audit from its beginning to its result. */
export const AuditView = ({
  runId,
  certificateId,
  initial,
}: {
  runId: string;
  certificateId: string;
  initial: AuditProgress | null;
}) => {
  const [audit, setAudit] = useState(initial);
  const begin = trpc.audit.begin.useMutation({ onSuccess: setAudit });
  const finish = trpc.audit.finish.useMutation({ onSuccess: setAudit });

  if (audit === null)
    return (
      <div className="max-w-[68ch] space-y-4">
        <p>
          Up to {auditSize} claims are drawn at random: half from those that the judge supported, half from
          those that it did not, and more of one kind where the other has too few. You see each claim beside
          its diff, and label it true, false or cannot tell. You can stop and continue later, while this run’s
          replays and the changes that they are about are kept. After that, an audit that is not finished is
          closed without a result.
        </p>
        <Criteria />
        <p>
          A certificate has one audit. It is public at once that you have begun it. Its labels and its result
          become public when you finish it.
        </p>
        <button
          type="button"
          className="button"
          disabled={begin.isPending}
          onClick={() => begin.mutate({ id: runId })}
        >
          {begin.isPending ? 'Drawing the claims…' : 'Begin the audit'}
        </button>
        {begin.error ? <Refused title="The audit was not begun" error={begin.error} /> : null}
      </div>
    );

  if (audit.result !== null)
    return (
      <>
        <p role="status" className="mb-4 text-lg font-semibold">
          The audit is finished and published.
        </p>
        <AuditFacts result={audit.result} />
        <p className="mt-6">
          <Link className="button" href={`/certificates/${certificateId}#audit`}>
            Read it beside the certificate
          </Link>
        </p>
      </>
    );

  if (audit.closedAt !== null)
    return (
      <div className="max-w-[68ch] space-y-4">
        <p role="status" className="text-lg font-semibold">
          The audit is closed without a result.
        </p>
        <p>
          {audit.labelled} of {audit.size} claims had a label when the replays or changes of others were
          deleted after their retention. Start a new run, and audit it before its replays are deleted too.
        </p>
      </div>
    );

  return (
    <>
      <p className="text-sm text-muted tabular-nums">
        {audit.labelled} of {audit.size} claims have a label
      </p>
      <progress
        className="mt-1 mb-6 block h-2.5 w-full"
        aria-label="Claims with a label"
        value={audit.labelled}
        max={audit.size}
      />
      <div className="mb-6">
        <Criteria />
      </div>
      <Ruling runId={runId} size={audit.size} onLabel={setAudit}>
        <p className="mb-4 max-w-[68ch]">
          Every claim has a label. When you finish the audit it is published beside the certificate, and its
          labels can no longer be changed.
        </p>
        <button
          type="button"
          className="button"
          disabled={finish.isPending}
          onClick={() => finish.mutate({ id: runId })}
        >
          {finish.isPending ? 'Finishing…' : 'Finish and publish'}
        </button>
        {finish.error ? <Refused title="The audit was not finished" error={finish.error} /> : null}
      </Ruling>
    </>
  );
};
