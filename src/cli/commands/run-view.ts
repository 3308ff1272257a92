import { batchesOf } from '#contracts/judge-providers.ts';
import { estimatedTokensText } from '#contracts/replay.ts';
import { isTerminal, type Run } from '#contracts/run.ts';
import { type Paint, plain } from '../terminal.ts';

const nameWidth = 11;

const usd = (amount: number) => `${amount.toFixed(4)} USD`;

const shownCost = ({ costUsd, costKnown }: Run) => (costKnown ? usd(costUsd) : 'unknown cost');

const costOf = (run: Run) => {
  const { costUsd, mostCostUsd, maxCostUsd, status, batch } = run;
  return [
    shownCost(run),
    ...(maxCostUsd === null ? [] : [` of at most ${usd(maxCostUsd)}`]),
    ...(run.costKnown && mostCostUsd > costUsd
      ? [` (${usd(mostCostUsd)} if every lost call was charged in full)`]
      : []),
    ...(isTerminal(status) && batch !== null && batch.sent > 0
      ? [' so far; a batch that was sent is still to be charged']
      : []),
  ].join('');
};

const usageOf = ({ usage }: Run) => {
  if (usage.calls === 0) return null;
  const count = (amount: number) => amount.toLocaleString('en');
  const estimated = usage.estimatedCalls === 0 ? '' : `; ${estimatedTokensText(usage)}`;
  return `${count(usage.calls)} calls, ${count(usage.inputTokens)} tokens in, ${count(usage.cacheWriteTokens)} written to and ${count(usage.cacheReadTokens)} read from the cache, ${count(usage.outputTokens)} out${estimated}`;
};

const judgeOf = ({ judge, economy }: Run) =>
  economy ? `${judge}, through batches (${batchesOf(judge)?.terms})` : judge;

/** The total is unknown until the changes are drawn. */
const progressOf = ({ progress, total }: Run) => (total === 0 ? '–' : `${progress}/${total}`);

/** A run's status on one line. */
export const statusLine = (run: Run): string =>
  [
    `${run.status} ${progressOf(run)}`,
    ...(run.costUsd === 0 ? [] : [shownCost(run)]),
    ...(run.activity === null ? [] : [plain(run.activity)]),
  ].join(' · ');

const possibilities = ({ can }: Run): string => {
  const texts = [
    ...(can.cancel ? ['run cancel: ends it, without a certificate'] : []),
    ...(can.resume ? ['run resume: continues the same attempt as a new run'] : []),
    ...(can.retry ? ['run retry: makes a new attempt as a new run'] : []),
  ];
  return texts.length === 0 ? 'nothing: this run is final' : texts.join('; ');
};

const facts = (run: Run, address: string): [string, string | null][] => [
  ['Run', run.runId],
  ['Construct', run.constructId],
  ['Repository', run.sample ? 'the built-in sample' : run.repoUrl],
  [
    'Follows',
    run.continuesRunId &&
      `${run.continuesRunId}, ${run.continuation === 'resume' ? 'the same attempt' : 'as a new attempt'}`,
  ],
  ['Status', run.status],
  ['Progress', run.total === 0 ? 'no replay yet' : `${run.progress} of ${run.total} replays`],
  ['Judge', judgeOf(run)],
  ['Usage', usageOf(run)],
  ['Cost', costOf(run)],
  ['Just now', run.activity],
  ['Error', run.error],
  ...(run.oracleFailures ?? []).map(({ groundTruthId, reason }): [string, string] => [
    'Failed',
    `${groundTruthId}: ${reason}`,
  ]),
  ['Certificate', run.certificateId && `${address}/certificates/${run.certificateId}`],
  ['Created', run.createdAt],
  ['Updated', run.updatedAt],
  ['Can be done', possibilities(run)],
  [
    'Give again',
    run.oracleHeaderNames.length > 0 && (run.can.resume || run.can.retry)
      ? `with --oracle-header: ${run.oracleHeaderNames.join(', ')}`
      : null,
  ],
];

/** Everything known about a run, one fact per line. `address` is the installation's. */
export const viewRun = (run: Run, address: string, paint: Paint): string =>
  facts(run, address)
    .flatMap(([name, text]) =>
      text === null ? [] : [`${paint('bold', name.padEnd(nameWidth))}  ${plain(text)}`],
    )
    .join('\n');

const widths = [36, 10, 9, 12, 24];

const row = (cells: string[]) =>
  cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();

/** Runs as a table, one run per line. */
export const viewRuns = (runs: Run[], paint: Paint): string =>
  [
    paint('dim', row(['run', 'status', 'done', 'cost', 'created', 'construct'])),
    ...runs.map((run) =>
      row([
        run.runId,
        run.status,
        progressOf(run),
        shownCost(run),
        run.createdAt,
        plain(run.constructId, 40),
      ]),
    ),
  ].join('\n');
