import Link from 'next/link';
import type { Run } from '#contracts/run.ts';
import { progressText, StatusTag } from './run-status.tsx';
import { Tag } from './tag.tsx';
import { Time } from './time.tsx';

export const RunList = ({ runs }: { runs: Run[] }) => (
  <ul className="divide-y divide-line rounded-md border border-line bg-sheet">
    {runs.map((run) => (
      <li
        key={run.runId}
        className="relative grid gap-x-6 gap-y-1 px-4 py-4 hover:bg-sunken sm:grid-cols-[minmax(0,1fr)_auto] sm:px-6"
      >
        <div className="min-w-0">
          <Link
            href={`/runs/${run.runId}`}
            prefetch={false}
            className="font-semibold break-words after:absolute after:inset-0 hover:underline"
          >
            <bdi>{run.constructId}</bdi>
          </Link>
          <p className="text-sm break-words text-muted">
            <bdi>{run.repoUrl}</bdi>
          </p>
          {run.error === null ? null : <p className="mt-1 line-clamp-2 text-sm text-danger">{run.error}</p>}
        </div>
        <div className="text-sm text-muted sm:text-right">
          <p className="flex flex-wrap gap-1.5 sm:justify-end">
            {run.sample ? <Tag tone="caution">sample</Tag> : null}
            {run.economy ? <Tag>economy mode</Tag> : null}
            <StatusTag status={run.status} />
          </p>
          <p className="mt-1 tabular-nums">{progressText(run)}</p>
          {run.waitingFor === null ? null : (
            <p>
              <bdi>{run.waitingFor}</bdi>
            </p>
          )}
          <p>
            <Time at={run.createdAt} />
          </p>
        </div>
      </li>
    ))}
  </ul>
);
