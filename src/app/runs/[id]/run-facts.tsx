import Link from 'next/link';
import { Code, type Fact, Facts } from '#components/facts.tsx';
import { costText } from '#components/format.ts';
import { economyText } from '#components/run-status.tsx';
import { Time } from '#components/time.tsx';
import { usageFacts } from '#components/usage-facts.ts';
import { isPaid, judgeOf } from '#contracts/judge-providers.ts';
import { type Continuation, isTerminal, type Run } from '#contracts/run.ts';

/** What was sent in a batch is charged when that has ended, even where its run has ended before. */
const isCostFinal = ({ status, batch }: Run) => isTerminal(status) && (batch?.sent ?? 0) === 0;

const costRemark = (run: Run): string =>
  [
    ...(run.continuation === 'resume' ? ['With that of the runs it resumes.'] : []),
    run.maxCostUsd === null
      ? 'It has no limit of its own; the installation’s daily limit holds, if there is one.'
      : `Its limit is ${costText(run.maxCostUsd)}.`,
    ...(isTerminal(run.status) && !isCostFinal(run) ? ['A batch that was sent is still to be charged.'] : []),
  ].join(' ');

const cost = (run: Run): Fact => ({
  term: 'Cost of judging',
  value: `${costText(run.costUsd)}${isCostFinal(run) ? '' : ' so far'}`,
  remark: costRemark(run),
});

const continuations: Record<Continuation, { term: string; remark: string }> = {
  resume: {
    term: 'Resumes',
    remark: 'The same attempt: what that run had scored was kept and is not paid again.',
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
