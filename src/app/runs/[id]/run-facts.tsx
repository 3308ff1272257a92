import Link from 'next/link';
import { Code, type Fact, Facts } from '#components/facts.tsx';
import { costText } from '#components/format.ts';
import { economyText } from '#components/run-status.tsx';
import { Time } from '#components/time.tsx';
import { usageFacts } from '#components/usage-facts.ts';
import { isPaid, judgeOf } from '#contracts/judge-providers.ts';
import { type Continuation, isTerminal, type Run } from '#contracts/run.ts';

/** A sent batch is charged when it ends, even if the run has ended before. */
const isCostFinal = ({ status, batch }: Run) => isTerminal(status) && (batch?.sent ?? 0) === 0;

const unknownCost =
  'This installation does not know the price of the model, or the endpoint did not state the tokens of a call.';

const costRemark = (run: Run): string =>
  [
    ...(run.continuation === 'resume' ? ['Includes the cost of the runs that it resumes.'] : []),
    run.maxCostUsd === null
      ? 'It has no limit of its own. The installation’s daily limit applies, if there is one.'
      : `Its limit is ${costText(run.maxCostUsd)}.`,
    ...(run.mostCostUsd > run.costUsd
      ? [
          `Calls whose answer was lost are in it at their likely cost; it is ${costText(run.mostCostUsd)} at most.`,
        ]
      : []),
    ...(isTerminal(run.status) && !isCostFinal(run) ? ['A batch already sent will still be charged.'] : []),
  ].join(' ');

const cost = (run: Run): Fact =>
  run.costKnown
    ? {
        term: 'Cost of judging',
        value: `${costText(run.costUsd)}${isCostFinal(run) ? '' : ' so far'}`,
        remark: costRemark(run),
      }
    : { term: 'Cost of judging', value: 'unknown', remark: unknownCost };

const continuations: Record<Continuation, { term: string; remark: string }> = {
  resume: {
    term: 'Resumes',
    remark: 'The same attempt: that run’s scored replays were kept and are not paid again.',
  },
  retry: { term: 'Retries', remark: 'Another attempt on the same changes, from the beginning.' },
};

export const RunFacts = ({ run }: { run: Run }) => {
  const ended = isTerminal(run.status);
  const facts: Fact[] = [
    { term: 'Judge', value: judgeOf(run.judge).label, remark: run.economy ? economyText(run) : undefined },
  ];
  if (isPaid(run.judge)) facts.push(...usageFacts(run.usage), cost(run));
  if (run.continuation !== null && run.continuesRunId !== null)
    facts.push({
      ...continuations[run.continuation],
      value: (
        <Link className="link" href={`/runs/${run.continuesRunId}`}>
          <Code>{run.continuesRunId}</Code>
        </Link>
      ),
    });
  facts.push(
    { term: 'Started', value: <Time at={run.createdAt} /> },
    { term: ended ? 'Ended' : 'Last change', value: <Time at={run.updatedAt} /> },
    { term: 'Run', value: <Code>{run.runId}</Code> },
  );
  return <Facts facts={facts} />;
};
