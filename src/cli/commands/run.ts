import type { Continuation, RunStatus } from '#contracts/run.ts';
import { toWire } from '#contracts/wire.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import { headersOf } from '../header-lines.ts';
import type { Terminal } from '../terminal.ts';
import { type InstallationOptions, reachInstallation, readSecret } from './installation.ts';
import { viewRun, viewRuns } from './run-view.ts';
import { watchToEnd } from './watch-to-end.ts';

type Context = { terminal: Terminal; signal: AbortSignal };
export type RunOptions = InstallationOptions & { json?: boolean };

/** As REST answers it. */
const json = (answer: Record<string, unknown>) => JSON.stringify(toWire(answer), null, 2);

export type ListOptions = RunOptions & {
  status?: RunStatus;
  constructId?: string;
  limit: number;
  offset: number;
};

/** `run list`: the runs of the token's owner, newest first. */
export const listRunsCommand = async (
  { status, constructId, limit, offset, ...options }: ListOptions,
  { terminal, signal }: Context,
): Promise<ExitCode> => {
  const { ask } = await reachInstallation(options, signal);
  const page = await ask(({ run }) => run.list.query({ status, constructId, limit, offset }));
  if (options.json) terminal.result(json(page));
  else if (page.runs.length > 0) terminal.result(viewRuns(page.runs, terminal.paint));
  if (page.total > page.runs.length || page.runs.length === 0)
    terminal.say(
      page.total === 0
        ? 'There are no such runs.'
        : `${page.runs.length} of ${page.total}. --limit and --offset show the others.`,
    );
  return exitCodes.done;
};

/** `run show <id>`: a run as it is; with `--watch` as it has ended, and exit code 1 where it has failed. */
export const showRunCommand = async (
  id: string,
  { watch, ...options }: RunOptions & { watch?: boolean },
  context: Context,
): Promise<ExitCode> => {
  const { terminal, signal } = context;
  const { address, ask } = await reachInstallation(options, signal);
  const read = () => ask(({ run }) => run.byId.query({ id }));
  const run = watch ? await watchToEnd(read, context) : await read();
  terminal.result(options.json ? json(run) : viewRun(run, address, terminal.paint));
  return watch && run.status === 'FAILED' ? exitCodes.failed : exitCodes.done;
};

/**
 * `run cancel <id>`: of a run that had ended it says that nothing was done; exit code 1 where it had been completed.
 */
export const cancelRunCommand = async (
  id: string,
  options: RunOptions,
  { terminal, signal }: Context,
): Promise<ExitCode> => {
  const { address, ask } = await reachInstallation(options, signal);
  const before = await ask((client) => client.run.byId.query({ id }));
  const run = await ask((client) => client.run.cancel.mutate({ id }));
  terminal.result(options.json ? json(run) : viewRun(run, address, terminal.paint));
  // Also where it was completed between the two questions.
  if (run.status === 'COMPLETED') {
    const message = 'Nothing was done: the run had been completed before, and its certificate stands.';
    terminal.say(terminal.paintMessage('red', message));
    return exitCodes.failed;
  }
  if (!before.can.cancel) terminal.say('Nothing was done: the run had ended before.');
  return exitCodes.done;
};

export type ContinueOptions = RunOptions & {
  oracleUrl?: string;
  oracleHeader: string[];
  githubTokenFile?: string;
  maxCost?: number;
};

/** `run resume <id>` and `run retry <id>`: the new run's id stands alone on standard output. */
export const continueRunCommand = async (
  how: Continuation,
  id: string,
  { oracleUrl, oracleHeader, githubTokenFile, maxCost, ...options }: ContinueOptions,
  { terminal, signal }: Context,
): Promise<ExitCode> => {
  const oracleHeaders = headersOf(oracleHeader);
  const { ask } = await reachInstallation(options, signal);
  const githubToken =
    githubTokenFile === undefined ? null : await readSecret('--github-token-file', githubTokenFile, signal);
  const created = await ask(({ run }) =>
    run[how].mutate({ id, oracleUrl, oracleHeaders, githubToken, maxCostUsd: maxCost }),
  );
  terminal.result(options.json ? json(created) : created.runId);
  terminal.say(
    how === 'resume'
      ? 'This run goes on with the same attempt. `run show <id> --watch` follows it.'
      : 'This run is a new attempt. `run show <id> --watch` follows it.',
  );
  return exitCodes.done;
};
