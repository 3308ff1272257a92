import { batchesOf } from '#contracts/judge-providers.ts';
import { isTerminal, type Run, type RunStatus } from '#contracts/run.ts';
import { countText } from './format.ts';
import { Tag } from './tag.tsx';

export const stages = [
  { status: 'PENDING', label: 'Waiting for a worker' },
  { status: 'INGESTING', label: 'Reading merged changes and making the answer keys' },
  { status: 'INVOKING', label: 'Asking the oracle' },
  { status: 'SCORING', label: 'Judging its answers' },
  { status: 'CERTIFYING', label: 'Writing the certificate' },
  { status: 'COMPLETED', label: 'Certificate issued' },
] as const satisfies { status: RunStatus; label: string }[];

const tones = { COMPLETED: 'good', FAILED: 'danger' } as const;

export const StatusTag = ({ status }: { status: RunStatus }) => (
  <Tag tone={status === 'COMPLETED' || status === 'FAILED' ? tones[status] : 'plain'}>
    {status.toLowerCase()}
  </Tag>
);

export const economyText = ({ judge }: Pick<Run, 'judge'>) =>
  `Economy mode, judged through batches: ${batchesOf(judge)?.terms}.`;

/** "12 of 20 replays ended", or that the number is not known yet. */
export const progressText = ({ status, progress, total }: Pick<Run, 'status' | 'progress' | 'total'>) => {
  if (total > 0) return `${countText(progress)} of ${countText(total)} replays ended`;
  return isTerminal(status) ? 'no replay was started' : 'number of replays not known yet';
};

/** Progress for screen readers, in quarters, because each replay would be too often. Empty before the first quarter. */
export const spokenProgress = ({ progress, total }: Pick<Run, 'progress' | 'total'>): string => {
  const quarters = total > 0 ? Math.floor((4 * progress) / total) : 0;
  return quarters === 0 ? '' : `${quarters * 25} % of the replays have ended.`;
};

/** "about 4 minutes left", in the coarsest useful unit. */
export const timeLeftText = (seconds: number): string => {
  if (seconds < 60) return 'less than a minute left';
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} left`;
  return `about ${Math.round(minutes / 60)} hours left`;
};

/** The lifecycle and the run's stage in it. Words say what is done and what is ahead, not only pictures. */
export const Stages = ({ status }: { status: RunStatus }) => {
  const current = stages.findIndex((stage) => stage.status === status);
  return (
    <ol className="space-y-2">
      {stages.map((stage, index) => {
        // Some replays are still being asked about while others are judged.
        const beside = stage.status === 'INVOKING' && status === 'SCORING';
        const done = (index < current && !beside) || status === 'COMPLETED';
        const now = (index === current || beside) && !done;
        return (
          <li
            key={stage.status}
            aria-current={index === current && now ? 'step' : undefined}
            className={`flex items-center gap-3 ${now ? 'font-semibold' : done ? '' : 'text-muted'}`}
          >
            <svg viewBox="0 0 16 16" className="size-4 shrink-0" aria-hidden="true">
              <title>{done ? 'done' : now ? 'now' : 'ahead'}</title>
              <circle
                cx={8}
                cy={8}
                r={6.5}
                strokeWidth={1.5}
                className={
                  done
                    ? 'fill-accent stroke-accent'
                    : now
                      ? 'fill-none stroke-accent'
                      : 'fill-none stroke-edge'
                }
              />
              {done ? (
                <path d="M5 8.2l2.1 2.1L11 6.3" fill="none" strokeWidth={1.6} className="stroke-accent-ink" />
              ) : now ? (
                <circle cx={8} cy={8} r={3} className="fill-accent motion-safe:animate-pulse" />
              ) : null}
            </svg>
            <span>{stage.label}</span>
            {done ? <span className="sr-only">(done)</span> : null}
          </li>
        );
      })}
    </ol>
  );
};
