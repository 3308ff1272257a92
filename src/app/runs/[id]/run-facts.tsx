import Link from 'next/link';
import { Code, type Fact, Facts } from '#components/facts.tsx';
import { costText, judgeNames } from '#components/format.ts';
import { economyText } from '#components/run-status.tsx';
import { Time } from '#components/time.tsx';
import { isPaid } from '#contracts/judge.ts';
import { type Continuation, isTerminal, type Run } from '#contracts/run.ts';

const cost = ({ costUsd, maxCostUsd, continuation }: Run, ended: boolean): Fact => {
  const limit =
    maxCostUsd === null
      ? 'It has no limit of its own; the installation’s holds.'
      : `Its limit is ${costText(maxCostUsd)}.`;
  return {
    term: ended ? 'Cost of judging' : 'Cost of judging so far',
    value: costText(costUsd),
    remark: continuation === 'resume' ? `With that of the runs it resumes. ${limit}` : limit,
  };
};

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
    { term: 'Judge', value: judgeNames[run.judge], remark: run.economy ? economyText : undefined },
  ];
  if (isPaid(run.judge)) facts.push(cost(run, ended));
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
