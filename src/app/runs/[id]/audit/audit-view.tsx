'use client';

import Link from 'next/link';
import { useState } from 'react';
import { AuditFacts } from '#components/certificate-audit.tsx';
import { Notice } from '#components/notice.tsx';
import { type AuditProgress, auditSize } from '#contracts/audit.ts';
import { trpc } from '../../../trpc-client.tsx';
import { Ruling } from './ruling.tsx';

const Refused = ({ title, error }: { title: string; error: { message: string; data?: unknown } }) => (
  <Notice tone="danger" title={title} live>
    {error.data
      ? error.message
      : 'The installation could not be reached. Check that it is running, then try again.'}
  </Notice>
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
          Up to {auditSize} claims are drawn at random, half of those that the judge supported and half of
          those that it did not. Beside each you see the diff. You say whether it is true, false, or cannot be
          told. It takes about half an hour, and you can stop and continue at any time.
        </p>
        <p>
          A certificate has one audit. That it was begun is public at once; its labels and its result are when
          you finish it.
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
      <Ruling runId={runId} onLabel={setAudit}>
        <p className="mb-4 max-w-[68ch]">
          Every claim has a label. When you finish the audit it is published beside the certificate, and no
          label can be changed any more.
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
