import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ZodType } from 'zod';
import { continuations, runListInputSchema, runStatuses } from '#contracts/run.ts';
import { continueRequestSchema } from '#contracts/run-request.ts';
import type { ExitCode } from '../exit.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { installationVerbs, type Unlocated } from './installation-verbs.ts';
import type { ContinueOptions, ListOptions, RunOptions } from './run.ts';

/** Checks a number by the rule of the request's field of the same name. */
const number = (schema: ZodType) => (text: string) => {
  const parsed = schema.safeParse(text.trim() === '' ? Number.NaN : Number(text));
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'Not allowed.');
};

const listOptions = () => [
  new Option('--status <status>', 'only runs of this status').choices(runStatuses),
  new Option('--construct-id <id>', 'only runs of this construct'),
  new Option('--limit <n>', 'how many runs (1 to 100)')
    .argParser(number(runListInputSchema.shape.limit))
    .default(20),
  new Option('--offset <n>', 'how many of the newest runs to skip')
    .argParser(number(runListInputSchema.shape.offset))
    .default(0),
];

const continueOptions = () => [
  new Option(
    '--oracle-header <header>',
    'a header of the run again, as "Name: value", because its value was erased; may be repeated',
  )
    .argParser((header: string, before: string[]) => [...before, header])
    .default([], 'none'),
  new Option('--oracle-url <url>', 'the oracle’s address again, if it had a query, which was erased'),
  new Option(
    '--github-token-file <path>',
    'a file that holds a GitHub token, if the run had one and its repository must be read again',
  ),
  new Option('--max-cost <usd>', 'another limit on the judge’s cost (default: the run’s own)').argParser(
    number(continueRequestSchema.shape.maxCostUsd),
  ),
];

const tokenHelp = `
Runs belong to their owner, so each of these commands needs a personal token. list and show need the scope runs:read,
the others runs:write too, and runs:spend for a judge that costs money:

  (umask 077 && echelon-verify token create --name cli --scope runs:read,runs:write > ~/.echelon-token)
  echelon-verify run list --token-file ~/.echelon-token

Every user of the machine can read an argument while the command runs, and the shell's history keeps it. A file that
only its owner may read, or standard input, avoids both. Use --token only for tokens that soon expire.`;

/** `run list | show | cancel | resume | retry`, against an installation. */
export const addRunCommands = (
  program: Command,
  context: { readSettings: () => Settings; terminal: Terminal; signal: AbortSignal },
  done: (code: ExitCode) => void,
): void => {
  const runs = program
    .command('run')
    .description('list, show, cancel, resume and retry runs of an installation')
    .addHelpText('after', tokenHelp);
  const { verb, located } = installationVerbs(runs, context.readSettings);

  verb('list', 'list your runs, newest first', listOptions()).action(
    async (options: Unlocated<ListOptions>) => {
      const command = await import('./run.ts');
      done(await command.listRunsCommand(located(options), context));
    },
  );
  verb('show', 'show a run’s status, progress and cost, what it waits for, and what you can do', [
    new Option('--watch', 'wait until it has ended; exit code 1 if it failed'),
  ])
    .argument('<id>', 'the run’s id')
    .action(async (id: string, options: Unlocated<RunOptions & { watch?: boolean }>) => {
      const command = await import('./run.ts');
      done(await command.showRunCommand(id, located(options), context));
    });
  verb('cancel', 'end a run early, without a certificate')
    .argument('<id>', 'the run’s id')
    .action(async (id: string, options: Unlocated<RunOptions>) => {
      const command = await import('./run.ts');
      done(await command.cancelRunCommand(id, located(options), context));
    });
  const descriptions = {
    resume: 'continue a failed run as a new run: the same attempt, with everything that was stored',
    retry: 'repeat a failed run as a new run: a new attempt on the same changes',
  };
  for (const how of continuations)
    verb(how, descriptions[how], continueOptions())
      .argument('<id>', 'the failed run’s id')
      .action(async (id: string, options: Unlocated<ContinueOptions>) => {
        const command = await import('./run.ts');
        done(await command.continueRunCommand(how, id, located(options), context));
      });
};
