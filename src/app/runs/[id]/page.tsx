import type { Metadata } from 'next';
import { isTerminal } from '#contracts/run.ts';
import { orNotFound } from '../../not-found-answer.ts';
import { requireUser, serverApi } from '../../server.ts';
import { RunView } from './run-view.tsx';

export const metadata: Metadata = { title: 'Run' };

const RunPage = async ({ params }: { params: Promise<{ id: string }> }) => {
  const { id } = await params;
  await requireUser(`/runs/${encodeURIComponent(id)}`);
  const run = await orNotFound((await serverApi()).run.byId({ id }));
  return (
    <>
      {isTerminal(run.status) ? null : (
        <noscript>
          <meta httpEquiv="refresh" content="3" />
        </noscript>
      )}
      <RunView initial={run} />
    </>
  );
};

export default RunPage;
