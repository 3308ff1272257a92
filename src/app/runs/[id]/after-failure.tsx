'use client';

import Link from 'next/link';
import { useState } from 'react';
import type { Continuation, Run } from '#contracts/run.ts';
import { ContinueForm } from './continue-form.tsx';

const choices: { how: Continuation; name: string; text: string }[] = [
  {
    how: 'resume',
    name: 'Resume',
    text: 'A new run that continues where this one stopped. Scored replays are kept and not paid again. It is the same attempt.',
  },
  {
    how: 'retry',
    name: 'Retry',
    text: 'A new run on the same changes from the beginning. It counts as another attempt.',
  },
];

/** A new form with the same repository and construct. Secrets must be typed again. */
const againHref = ({ repoUrl, constructId }: Run) =>
  `/runs/new?${new URLSearchParams({ repoUrl, constructId })}`;

/** What an owner can do after a run has failed. */
export const AfterFailure = ({ run }: { run: Run }) => {
  const [open, setOpen] = useState<Continuation | null>(null);
  return (
    <div className="space-y-5">
      {choices
        .filter(({ how }) => run.can[how])
        .map(({ how, name, text }) => (
          <div key={how}>
            <div className="grid items-center gap-x-4 gap-y-2 sm:grid-cols-[7rem_minmax(0,1fr)]">
              <button
                type="button"
                className="button-quiet"
                aria-expanded={open === how}
                aria-describedby={`${how}-text`}
                onClick={() => setOpen(open === how ? null : how)}
              >
                {name}
              </button>
              <p id={`${how}-text`} className="text-sm text-muted">
                {text}
              </p>
            </div>
            {open === how ? <ContinueForm run={run} how={how} /> : null}
          </div>
        ))}
      {run.sample ? (
        <Link className="link" href="/">
          Back to the sample
        </Link>
      ) : (
        <Link className="link" href={againHref(run)}>
          Start again with this repository and construct
        </Link>
      )}
    </div>
  );
};
