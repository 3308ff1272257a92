import type { Continuation, RunStatus } from '#contracts/run.ts';
import { toWire } from '#contracts/wire.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import { headersOf } from '../header-lines.ts';
import { plainJson, type Terminal } from '../terminal.ts';
import { type InstallationOptions, reachInstallation, readSecret } from './installation.ts';
import { viewRun, viewRuns } from './run-view.ts';
import { watchToEnd } from './watch-to-end.ts';

type Context = { terminal: Terminal; signal: AbortSignal };
export type RunOptions = InstallationOptions & { json?: boolean };

/** In the form of the REST answer. */
const json = (answer: Record<string, unknown>) => plainJson(toWire(answer));

export type ListOptions = RunOptions & {
  status?: RunStatus;
  constructId?: string;
  limit: number;
  offset: number;
};

/** `run list`: lists the runs of the token's owner, newest first. */
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

/** `run show <id>`: shows a run. `--watch` waits until it has ended; exit code 1 if it failed. */
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
 * `run cancel <id>`: ends a run. If it had already ended, says that nothing was done; exit code 1 if it was completed.
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
  // The run may also have completed between the two calls.
  if (run.status === 'COMPLETED') {
    const message = 'Nothing was done: the run was already completed, and its certificate stands.';
    terminal.say(terminal.paintMessage('red', message));
    return exitCodes.failed;
  }
  if (!before.can.cancel) terminal.say('Nothing was done: the run had already ended.');
  return exitCodes.done;
};

export type ContinueOptions = RunOptions & {
  oracleUrl?: string;
  oracleHeader: string[];
  githubTokenFile?: string;
  maxCost?: number;
};

/** `run resume <id>` and `run retry <id>`: print only the new run's id on standard output. */
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
      ? 'This run continues the same attempt. `run show <id> --watch` follows it.'
      : 'This run is a new attempt. `run show <id> --watch` follows it.',
  );
  return exitCodes.done;
};
