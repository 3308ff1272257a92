'use client';

import { useEffect, useRef, useState } from 'react';
import { Refused } from '#components/refused.tsx';
import type { Run } from '#contracts/run.ts';
import { trpc } from '../../trpc-client.tsx';

/** Cancels a run. That cannot be undone, so it asks for confirmation in place. `onEnd` is called after the run's end. */
export const CancelRun = ({
  run: { runId, economy },
  onEnd,
}: {
  run: Pick<Run, 'runId' | 'economy'>;
  onEnd: () => void;
}) => {
  const utils = trpc.useUtils();
  const opener = useRef<HTMLButtonElement>(null);
  const question = useRef<HTMLFieldSetElement>(null);
  const [asked, setAsked] = useState(false);
  const cancel = trpc.run.cancel.useMutation({
    onSuccess: async () => {
      await utils.run.byId.invalidate({ id: runId });
      onEnd();
    },
  });
  useEffect(() => {
    if (asked) question.current?.focus();
  }, [asked]);
  return (
    <div className="mt-6 space-y-4">
      <button
        ref={opener}
        type="button"
        className="button-quiet"
        aria-expanded={asked}
        onClick={() => setAsked(!asked)}
      >
        Cancel this run
      </button>
      {asked ? (
        <fieldset
          ref={question}
          tabIndex={-1}
          aria-describedby="cancel-question"
          className="space-y-3 rounded-md border border-line px-4 py-4"
        >
          <legend className="sr-only">Cancel this run?</legend>
          <p id="cancel-question">
            It makes no more calls and ends as failed. Scored replays are kept, and the run can be resumed.
            {economy ? ' Batches already sent are still charged.' : null}
          </p>
          <div className="flex flex-wrap gap-3">
            <button
              type="button"
              className="button"
              disabled={cancel.isPending}
              onClick={() => cancel.mutate({ id: runId })}
            >
              {cancel.isPending ? 'Cancelling…' : 'Yes, cancel it'}
            </button>
            <button
              type="button"
              className="button-quiet"
              disabled={cancel.isPending}
              onClick={() => {
                setAsked(false);
                opener.current?.focus();
              }}
            >
              Keep it running
            </button>
          </div>
          {cancel.error ? <Refused title="The run was not cancelled" error={cancel.error} /> : null}
        </fieldset>
      ) : null}
    </div>
  );
};
