import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ZodType } from 'zod';
import { continuations, runListInputSchema, runStatuses } from '#contracts/run.ts';
import { continueRequestSchema } from '#contracts/run-request.ts';
import type { ExitCode } from '../exit.ts';
import { jsonOption } from '../options.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import type { ContinueOptions, ListOptions, RunOptions } from './run.ts';

/** Held against the rule of the request's field of the same name. */
const number = (schema: ZodType) => (text: string) => {
  const parsed = schema.safeParse(text.trim() === '' ? Number.NaN : Number(text));
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'Not allowed.');
};

/** As they are given: without an address the environment's installation is meant. */
type Unlocated<Options extends RunOptions> = Omit<Options, 'url'> & { url?: string };

const installationOptions = () => [
  new Option(
    '--url <url>',
    'the installation’s address (default: NEXTAUTH_URL, else where HOST and PORT let it listen)',
  ),
  new Option(
    '--token-file <path>',
    'a file that holds a personal token and nothing else; "-" reads it from standard input',
  ),
  new Option(
    '--token <token>',
    'the token itself, which other users of this machine can then read; prefer --token-file',
  ).conflicts('tokenFile'),
];

const listOptions = () => [
  new Option('--status <status>', 'only runs of this status').choices(runStatuses),
  new Option('--construct-id <id>', 'only runs of this construct'),
  new Option('--limit <n>', 'how many runs (1 to 100)')
    .argParser(number(runListInputSchema.shape.limit))
    .default(20),
  new Option('--offset <n>', 'how many of the newest runs to leave out')
    .argParser(number(runListInputSchema.shape.offset))
    .default(0),
];

const continueOptions = () => [
  new Option(
    '--oracle-header <header>',
    'a header that the run had, as "Name: value", since its value was erased; may be repeated',
  )
    .argParser((header: string, before: string[]) => [...before, header])
    .default([], 'none'),
  new Option('--oracle-url <url>', 'the oracle’s address again, where it had a query (which was erased)'),
  new Option(
    '--github-token-file <path>',
    'a file that holds a GitHub token, where the run had one and its repository is read again',
  ),
  new Option(
    '--max-cost <usd>',
    'another limit of what the judge may cost (default: the run’s own)',
  ).argParser(number(continueRequestSchema.shape.maxCostUsd)),
];

const tokenHelp = `
Runs are their owner's, so each of these needs a personal token:

  (umask 077 && echelon-verify token create --name cli > ~/.echelon-token)
  echelon-verify run list --token-file ~/.echelon-token

An argument can be read by every user of the machine while the command runs, and by whoever reads the shell's history
later; a file that only its owner may read, or standard input, cannot. So --token is for tokens that soon expire.`;

/** `run list | show | cancel | resume | retry`, against an installation. */
export const addRunCommands = (
  program: Command,
  context: { readSettings: () => Settings; terminal: Terminal; signal: AbortSignal },
  done: (code: ExitCode) => void,
): void => {
  const runs = program
    .command('run')
    .description('runs of an installation: see how they do, cancel them, go on with them')
    .addHelpText('after', tokenHelp);
  const verb = (name: string, description: string, options: Option[]) => {
    const command = runs.command(name).description(description);
    for (const option of [...options, ...installationOptions(), jsonOption()]) command.addOption(option);
    return command;
  };
  const located = <Options extends { url?: string }>(options: Options) => ({
    ...options,
    url: options.url ?? context.readSettings().installationUrl,
  });

  verb('list', 'one’s own runs, newest first', listOptions()).action(
    async (options: Unlocated<ListOptions>) => {
      const command = await import('./run.ts');
      done(await command.listRunsCommand(located(options), context));
    },
  );
  verb('show', 'a run’s status, progress and cost, what it waits for, and what can be done', [
    new Option('--watch', 'until it has ended; exit code 1 where it has failed'),
  ])
    .argument('<id>', 'the run’s id')
    .action(async (id: string, options: Unlocated<RunOptions & { watch?: boolean }>) => {
      const command = await import('./run.ts');
      done(await command.showRunCommand(id, located(options), context));
    });
  verb('cancel', 'end a run before its time, without a certificate', [])
    .argument('<id>', 'the run’s id')
    .action(async (id: string, options: Unlocated<RunOptions>) => {
      const command = await import('./run.ts');
      done(await command.cancelRunCommand(id, located(options), context));
    });
  const descriptions = {
    resume: 'go on with a failed run: the same attempt with all that was stored, as a new run',
    retry: 'make a new attempt of a failed run on the same changes, as a new run',
  };
  for (const how of continuations)
    verb(how, descriptions[how], continueOptions())
      .argument('<id>', 'the failed run’s id')
      .action(async (id: string, options: Unlocated<ContinueOptions>) => {
        const command = await import('./run.ts');
        done(await command.continueRunCommand(how, id, located(options), context));
      });
};
