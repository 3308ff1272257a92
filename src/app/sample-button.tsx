'use client';

import { useRouter } from 'next/navigation';
import type { ReactNode } from 'react';
import { Notice } from '#components/notice.tsx';
import { useReady } from '#components/use-ready.ts';
import { trpc } from './trpc-client.tsx';

/** Starts the sample run and opens its page. `children` are shown beside the button. */
export const SampleButton = ({ children }: { children?: ReactNode }) => {
  const router = useRouter();
  const ready = useReady();
  const start = trpc.run.createSample.useMutation({
    onSuccess: ({ runId }) => router.push(`/runs/${runId}`),
  });
  const busy = start.isPending || start.isSuccess;
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap gap-3">
        <button type="button" className="button" disabled={!ready || busy} onClick={() => start.mutate()}>
          {busy ? 'Starting the sample…' : 'Run the sample'}
        </button>
        {children}
      </div>
      <p className="max-w-[62ch] text-sm text-muted">
        The sample verifies a small demonstration oracle against this project’s own history, with the offline
        check: no key, no network, no cost.
      </p>
      {start.error ? (
        <Notice tone="danger" title="The sample did not start" live>
          {start.error.message}
        </Notice>
      ) : null}
    </div>
  );
};
