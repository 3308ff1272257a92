'use client';

import Link from 'next/link';
import { useEffect, useRef, useState } from 'react';
import { Code } from '#components/facts.tsx';
import { Notice } from '#components/notice.tsx';
import { PageHeading, Section } from '#components/page-heading.tsx';
import {
  economyText,
  progressText,
  Stages,
  StatusTag,
  spokenProgress,
  stages,
  timeLeftText,
} from '#components/run-status.tsx';
import { Tag } from '#components/tag.tsx';
import { cancelledByOwner, isTerminal, type Run } from '#contracts/run.ts';
import { trpc } from '../../trpc-client.tsx';
import { AfterFailure } from './after-failure.tsx';
import { CancelRun } from './cancel-run.tsx';
import { RunFacts } from './run-facts.tsx';

/** The server pushes changes. Polling is the fallback. */
const pollMs = 1000;
const pollWhileToldMs = 15_000;
/** After its end a run changes only when its batch is charged, within hours. */
const pollForChargesMs = 60_000;
/** Errors after which polling is pointless: signed out, or no longer this user's run. */
const finalCodes = ['UNAUTHORIZED', 'NOT_FOUND'];

const announced = (run: Run) =>
  run.status === 'FAILED'
    ? run.error === cancelledByOwner
      ? 'The run was cancelled.'
      : 'The run failed.'
    : (stages.find(({ status }) => status === run.status)?.label ?? run.status);

export const RunView = ({ initial }: { initial: Run }) => {
  const { run: runCache } = trpc.useUtils();
  const [ended, setEnded] = useState(isTerminal(initial.status));
  const told = trpc.run.changes.useSubscription(
    { id: initial.runId },
    { enabled: !ended, onData: (changed) => runCache.byId.setData({ id: initial.runId }, changed) },
  );
  const { data: run, error } = trpc.run.byId.useQuery(
    { id: initial.runId },
    {
      initialData: initial,
      retry: false,
      refetchInterval: ({ state }) => {
        const final = finalCodes.includes(state.error?.data?.code ?? '');
        if (final) return false;
        if (state.data !== undefined && isTerminal(state.data.status))
          return state.data.batch === null ? false : pollForChargesMs;
        return told.status === 'pending' ? pollWhileToldMs : pollMs;
      },
    },
  );
  const status = useRef<HTMLParagraphElement>(null);
  useEffect(() => setEnded(isTerminal(run.status)), [run.status]);
  return (
    <>
      <PageHeading title={<bdi>{run.constructId}</bdi>}>
        <p className="break-words">
          <bdi>{run.repoUrl}</bdi>
        </p>
        <p className="mt-3 flex flex-wrap gap-1.5">
          <StatusTag status={run.status} />
          {run.sample ? <Tag tone="caution">sample</Tag> : null}
          {run.economy ? <Tag>economy mode</Tag> : null}
        </p>
      </PageHeading>

      <div className="rounded-md border border-line bg-sheet px-4 py-5 sm:px-6">
        <p ref={status} role="status" tabIndex={-1} className="text-lg font-semibold">
          {announced(run)}
        </p>
        {ended && run.total === 0 ? null : (
          <progress
            className="mt-3 mb-1 block h-2.5 w-full"
            aria-label="Replays ended"
            value={run.total > 0 ? run.progress : 0}
            max={run.total > 0 ? run.total : 1}
          />
        )}
        <p className="text-sm text-muted tabular-nums">
          {progressText(run)}
          {run.secondsLeft === null ? null : `, ${timeLeftText(run.secondsLeft)}`}
        </p>
        {run.economy && !ended ? <p className="mt-1 text-sm text-muted">{economyText(run)}</p> : null}
        <p role="status" className="sr-only">
          {spokenProgress(run)}
        </p>
        {/* While a repository is read, the activity changes too often to be read aloud. */}
        <div aria-live={run.batch === null ? 'off' : 'polite'}>
          {run.activity === null ? null : (
            <p className="mt-1 text-sm text-muted">
              <bdi>{run.activity}</bdi>
            </p>
          )}
        </div>
        {run.status === 'FAILED' ? null : (
          <div className="mt-6">
            <Stages status={run.status} />
          </div>
        )}
        {run.certificateId === null ? null : (
          <p className="mt-6 flex flex-wrap gap-3">
            <Link className="button" href={`/certificates/${run.certificateId}`}>
              Read the certificate
            </Link>
            <Link className="button-quiet" href={`/runs/${run.runId}/audit`}>
              Audit its claims
            </Link>
          </p>
        )}
        {run.can.cancel ? <CancelRun run={run} onEnd={() => status.current?.focus()} /> : null}
      </div>

      {run.error === null ? null : (
        <div className="mt-6 space-y-4">
          <Notice tone="danger" title="Why it failed" live>
            <p className="whitespace-pre-wrap">{run.error}</p>
          </Notice>
          <AfterFailure run={run} />
        </div>
      )}
      {error && !ended ? (
        <div className="mt-6">
          <Notice
            tone="caution"
            title={error.data?.code === 'UNAUTHORIZED' ? 'You were signed out' : 'No answer from the server'}
            live
          >
            {error.data?.code === 'UNAUTHORIZED' ? (
              <a className="link" href={`/sign-in?next=/runs/${run.runId}`}>
                Sign in to keep watching
              </a>
            ) : (
              'The run continues without this page. The page asks again every second.'
            )}
          </Notice>
        </div>
      ) : null}

      {run.oracleFailures === null || run.oracleFailures.length === 0 ? null : (
        <Section id="failures" title="Why the oracle failed">
          <p>Only you see these words. The certificate says the kind of each failure.</p>
          <dl className="mt-4 space-y-3">
            {run.oracleFailures.map(({ groundTruthId, reason }) => (
              <div key={groundTruthId}>
                <dt>
                  <Code>{groundTruthId}</Code>
                </dt>
                <dd className="break-words whitespace-pre-wrap text-muted">
                  <bdi>{reason}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </Section>
      )}

      <Section id="about" title="About this run">
        <RunFacts run={run} />
      </Section>
    </>
  );
};
