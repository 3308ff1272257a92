import { TRPCError } from '@trpc/server';
import type { Metadata } from 'next';
import Link from 'next/link';
import { Empty, PageHeading } from '#components/page-heading.tsx';
import { orNotFound } from '../../../not-found-answer.ts';
import { requireUser, serverApi } from '../../../server.ts';
import { AuditView } from './audit-view.tsx';

export const metadata: Metadata = { title: 'Audit' };

/** Null: none was begun. */
const progressOf = async (id: string) => {
  try {
    return await (await serverApi()).audit.progress({ id });
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
};

/** Until the audit is finished, nothing here names the construct or shows a score: its owner labels claims blind. */
const AuditPage = async ({ params }: { params: Promise<{ id: string }> }) => {
  const { id } = await params;
  await requireUser(`/runs/${encodeURIComponent(id)}/audit`);
  const { certificateId } = await orNotFound((await serverApi()).run.byId({ id }));
  return (
    <>
      <PageHeading title="Human audit">
        <p>
          You label some of this run’s claims, without being shown what its judge said of them. The result is
          published beside the certificate, as your word.
        </p>
      </PageHeading>
      {certificateId === null ? (
        <Empty title="There is nothing to audit">
          <p>A run can be audited once it has its certificate.</p>
          <p className="mt-2">
            <Link className="link" href={`/runs/${id}`}>
              Back to the run
            </Link>
          </p>
        </Empty>
      ) : (
        <>
          <noscript>
            <p>Labelling claims needs JavaScript.</p>
          </noscript>
          <AuditView runId={id} certificateId={certificateId} initial={await progressOf(id)} />
        </>
      )}
    </>
  );
};

export default AuditPage;
