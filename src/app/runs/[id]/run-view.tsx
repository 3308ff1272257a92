'use client';

import Link from 'next/link';
import { Facts } from '#components/facts.tsx';
import { judgeNames } from '#components/format.ts';
import { Notice } from '#components/notice.tsx';
import { PageHeading, Section } from '#components/page-heading.tsx';
import { progressText, Stages, StatusTag, stages } from '#components/run-status.tsx';
import { Tag } from '#components/tag.tsx';
import { Time } from '#components/time.tsx';
import { isTerminal, type Run } from '#contracts/run.ts';
import { trpc } from '../../trpc-client.tsx';

const pollMs = 1000;
/** Answers after which asking again is pointless: signed out, or no longer this user's. */
const finalCodes = ['UNAUTHORIZED', 'NOT_FOUND'];

const announced = (run: Run) =>
  run.status === 'FAILED'
    ? 'The run failed.'
    : (stages.find(({ status }) => status === run.status)?.label ?? run.status);

/** The same repository and construct in a new form; what was secret has to be typed again. */
const againHref = (run: Run) =>
  `/runs/new?${new URLSearchParams({ repoUrl: run.repoUrl, constructId: run.constructId })}`;

export const RunView = ({ initial }: { initial: Run }) => {
  const { data: run, error } = trpc.run.byId.useQuery(
    { id: initial.runId },
    {
      initialData: initial,
      retry: false,
      refetchInterval: ({ state }) => {
        const ended = state.data !== undefined && isTerminal(state.data.status);
        const final = finalCodes.includes(state.error?.data?.code ?? '');
        return ended || final ? false : pollMs;
      },
    },
  );
  const ended = isTerminal(run.status);
  return (
    <>
      <PageHeading title={<bdi>{run.constructId}</bdi>}>
        <p className="break-words">
          <bdi>{run.repoUrl}</bdi>
        </p>
        <p className="mt-3 flex flex-wrap gap-1.5">
          <StatusTag status={run.status} />
          {run.sample ? <Tag tone="caution">sample</Tag> : null}
        </p>
      </PageHeading>

      <div className="rounded-md border border-line bg-sheet px-4 py-5 sm:px-6">
        <p role="status" className="text-lg font-semibold">
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
        <p className="text-sm text-muted tabular-nums">{progressText(run)}</p>
        {run.activity === null ? null : (
          <p className="mt-1 text-sm text-muted">
            <bdi>{run.activity}</bdi>
          </p>
        )}
        {run.status === 'FAILED' ? null : (
          <div className="mt-6">
            <Stages status={run.status} />
          </div>
        )}
        {run.certificateId === null ? null : (
          <p className="mt-6">
            <Link className="button" href={`/certificates/${run.certificateId}`}>
              Read the certificate
            </Link>
          </p>
        )}
      </div>

      {run.error === null ? null : (
        <div className="mt-6 space-y-4">
          <Notice tone="danger" title="Why it failed" live>
            <p className="whitespace-pre-wrap">{run.error}</p>
          </Notice>
          {run.sample ? (
            <Link className="button-quiet" href="/">
              Back to the sample
            </Link>
          ) : (
            <Link className="button-quiet" href={againHref(run)}>
              Start again with this repository and construct
            </Link>
          )}
        </div>
      )}
      {error && !ended ? (
        <div className="mt-6">
          <Notice
            tone="caution"
            title={error.data?.code === 'UNAUTHORIZED' ? 'You were signed out' : 'No news from the server'}
            live
          >
            {error.data?.code === 'UNAUTHORIZED' ? (
              <a className="link" href={`/sign-in?next=/runs/${run.runId}`}>
                Sign in to go on watching
              </a>
            ) : (
              'The run goes on without this page. It is asked again every second.'
            )}
          </Notice>
        </div>
      ) : null}

      <Section id="about" title="About this run">
        <Facts
          facts={[
            { term: 'Judge', value: judgeNames[run.judge] },
            { term: 'Started', value: <Time at={run.createdAt} /> },
            { term: ended ? 'Ended' : 'Last change', value: <Time at={run.updatedAt} /> },
            { term: 'Run', value: <code className="font-mono text-[0.875em] break-all">{run.runId}</code> },
          ]}
        />
      </Section>
    </>
  );
};
