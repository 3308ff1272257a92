'use client';

import Link from 'next/link';
import { useState } from 'react';
import type { Continuation, Run } from '#contracts/run.ts';
import { ContinueForm } from './continue-form.tsx';

const choices: { how: Continuation; name: string; text: string }[] = [
  {
    how: 'resume',
    name: 'Resume',
    text: 'A new run that goes on where this one stopped. What was scored is kept and not paid again; it is the same attempt.',
  },
  {
    how: 'retry',
    name: 'Retry',
    text: 'A new attempt on the same changes. It is counted as another attempt.',
  },
];

/** The same repository and construct in a new form; what was secret has to be typed again. */
const againHref = ({ repoUrl, constructId }: Run) =>
  `/runs/new?${new URLSearchParams({ repoUrl, constructId })}`;

/** What can come after a run that has failed. */
export const GoOn = ({ run }: { run: Run }) => {
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
