import { Command, CommanderError, Option } from 'commander';
import { AppError } from '#contracts/errors.ts';
import { SourceError } from '#verification/sources/source.ts';
import { CommandError, type ExitCode, exitCodes, UsageError } from '../exit.ts';
import {
  type DrawOptions,
  drawOptions,
  type ExamOptions,
  examOptions,
  jsonOption,
  type TryOptions,
  tryOptions,
  type VerifyOptions,
  verifyOptions,
} from '../options.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { addCertificateCommands } from './certificate-options.ts';
import type { CheckOptions } from './check.ts';
import type { LogMonitorOptions } from './log-monitor.ts';
import { addRunCommands } from './run-options.ts';
import { addTokenCommands } from './token-options.ts';

export type ProgramContext = {
  /** Called only by commands that need settings, so that help works in an invalid environment. */
  readSettings: () => Settings;
  terminal: Terminal;
  signal: AbortSignal;
};

/** Failures whose message is written for the user; anything else is a defect. */
const isExpected = (error: unknown): error is Error =>
  error instanceof CommandError ||
  error instanceof SourceError ||
  error instanceof AppError ||
  (error instanceof Error && (error.name === 'Uncertifiable' || error.name === 'EmbeddedDatabaseError'));

const report = (error: unknown, { terminal, signal }: ProgramContext): ExitCode => {
  const tell = (message: string) => terminal.say(terminal.paintMessage('red', message));
  if (error instanceof CommanderError) {
    // Help and version are answers. Commander has already printed everything else.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  if (signal.aborted) {
    terminal.say('Stopped.');
    return exitCodes.failed;
  }
  if (error instanceof UsageError) {
    tell(error.message);
    return exitCodes.usage;
  }
  tell(
    isExpected(error)
      ? error.message
      : `Unexpected fault, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return exitCodes.failed;
};

/** An option that may be given several times. */
const repeated = (flags: string, description: string) =>
  new Option(flags, description)
    .argParser((value: string, before: string[]) => [...before, value])
    .default([], 'none');

/** Each command loads what it needs: `inspect` opens no database, `db` no engine. */
const buildProgram = (context: ProgramContext, done: (code: ExitCode) => void) => {
  const program = new Command('echelon-verify')
    .description('Calibration certificates for oracle constructs, recomputable by anyone.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.result(text.trimEnd()),
      writeErr: (text) => context.terminal.say(text.trimEnd()),
    })
    .showHelpAfterError('(--help lists commands and options)');

  const verify = program
    .command('verify')
    .description('verify an oracle against merged changes of a repository and issue a certificate')
    .argument('<repo>', 'GitHub’s owner/name or URL, a git URL, a local repository’s path, or a .jsonl file')
    .action(async (repo: string, options: VerifyOptions) => {
      const command = await import('./verify.ts');
      done(await command.verifyCommand(repo, options, { ...context, settings: context.readSettings() }));
    });
  for (const option of verifyOptions()) verify.addOption(option);

  const trial = program
    .command('try')
    .description('ask an oracle about the newest change, and say what is wrong with its answer')
    .argument('<repo>', 'as for verify')
    .action(async (repo: string, options: TryOptions) => {
      const command = await import('./try.ts');
      done(await command.tryCommand(repo, options, { ...context, settings: context.readSettings() }));
    });
  for (const option of tryOptions()) trial.addOption(option);

  const ingest = program
    .command('ingest')
    .description('draw merged changes of a repository into a .jsonl file, and do nothing else')
    .argument('<repo>', 'as for verify')
    .requiredOption('--out <file.jsonl>', 'the file to write')
    .action(async (repo: string, options: DrawOptions & { out: string; json?: boolean }) => {
      const command = await import('./ingest.ts');
      done(await command.ingestCommand(repo, options, { ...context, settings: context.readSettings() }));
    });
  for (const option of [...drawOptions(), jsonOption()]) ingest.addOption(option);

  program
    .command('check')
    .description('verify a certificate’s signature, its evidence, every score, and that its log holds it')
    .argument(
      '<certificate>',
      'its address, its .bundle, or a folder or certificate.json that verify --out kept',
    )
    .option('--evidence <file>', 'its evidence, unless evidence.jsonl lies beside it')
    .addOption(
      repeated(
        '--keys <jwks.json|thumbprint>',
        'an issuer’s public keys that you trust, or the thumbprint of one; may be repeated. Your own are trusted',
      ),
    )
    .addOption(repeated('--log-key <vkey|file>', 'a verifier key of the log that you trust; may be repeated'))
    .addOption(
      repeated('--witness <vkey|file>', 'a witness that must have cosigned the log; may be repeated'),
    )
    .option('--offline', 'accept it although nobody looked whether it was revoked')
    .addOption(jsonOption())
    .addHelpText('after', '\nExit code: 0 it is valid, 1 it is not, 2 something is not known.')
    .action(async (place: string, options: CheckOptions) => {
      const command = await import('./check.ts');
      done(await command.checkCommand(place, options, { ...context, settings: context.readSettings() }));
    });

  const log = program.command('log').description('look at an installation’s transparency log');
  log
    .command('monitor')
    .description(
      'look whether a log still is the one that was seen before, read its new entries, and keep what was seen',
    )
    .argument('<url>', 'the installation’s address')
    .option('--state <file>', 'what was seen, unless it is in DATA_DIR')
    .addOption(repeated('--log-key <vkey|file>', 'a verifier key of the log that you trust; may be repeated'))
    .addOption(repeated('--witness <vkey|file>', 'a witness whose cosignatures count; may be repeated'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExit code: 0 nothing is wrong, 1 the log breaks a rule, 2 not all of it was read, or it could not be.',
    )
    .action(async (url: string, options: LogMonitorOptions) => {
      const command = await import('./log-monitor.ts');
      done(await command.logMonitorCommand(url, options, { ...context, settings: context.readSettings() }));
    });

  program
    .command('inspect')
    .description('show a certificate, recompute what follows from its replays, and name what was not checked')
    .argument('<certificate>', 'a certificate.json, or a certificate’s URL')
    .addOption(jsonOption())
    .action(async (place: string, options: { json?: boolean }) => {
      const command = await import('./inspect.ts');
      done(await command.inspectCommand(place, options, context));
    });

  program
    .command('label')
    .description(
      'label up to 40 claims of a finished run yourself, without being shown the judge’s verdicts, and correct its precision by that',
    )
    .argument('<folder>', 'the folder that verify --out filled')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Each claim is shown with its diff. Keys: t true, f false, c cannot tell, b back, q quit; on a terminal one key is
enough, from a pipe each line is an answer. Labels are kept as they are given, in audit.json of the folder, so an
audit that was left is continued by the same command. A certificate has one audit.

Example: echelon-verify label run-1`,
    )
    .action(async (folder: string, options: { json?: boolean }) => {
      const command = await import('./label.ts');
      done(await command.labelCommand(folder, options, context));
    });

  const exam = program
    .command('judge')
    .description('judges and how far they can be trusted')
    .command('exam')
    .description('ask a judge about claims of known truth, and say how often it is right')
    .action(async (options: ExamOptions) => {
      const command = await import('./judge-exam.ts');
      done(await command.judgeExamCommand(options, { ...context, settings: context.readSettings() }));
    });
  for (const option of examOptions()) exam.addOption(option);
  program
    .command('compare')
    .description('compare certificates of one repository, judge and prompts on the pull requests they share')
    .argument('<certificates...>', 'two or more certificate.json files, or URLs of certificates')
    .addOption(jsonOption())
    .action(async (places: string[], options: { json?: boolean }) => {
      const command = await import('./compare.ts');
      done(await command.compareCommand(places, options, context));
    });

  addRunCommands(program, context, done);

  addCertificateCommands(program, context, done);

  addTokenCommands(program, context, done);

  const keys = program.command('keys').description('the keys of the installation’s certificates and log');
  keys
    .command('list')
    .description('list every key that ever signed here')
    .addOption(jsonOption())
    .action(async (options: { json?: boolean }) => {
      const command = await import('./keys.ts');
      done(await command.listKeysCommand(options, { ...context, settings: context.readSettings() }));
    });
  keys
    .command('retire')
    .description('end a key, with an entry in the log: its signatures count for what the log held before')
    .argument(
      '<key>',
      'as keys list shows it: a thumbprint, or a verifier key of the log; after -- if it begins with a hyphen',
    )
    .option('--compromised', 'others may have it')
    .addOption(jsonOption())
    .action(async (id: string, options: { compromised?: boolean; json?: boolean }) => {
      const command = await import('./keys.ts');
      done(await command.retireKeyCommand(id, options, { ...context, settings: context.readSettings() }));
    });

  const database = program.command('db').description('the schema of the installation’s database');
  database
    .command('migrate')
    .description('bring the schema up to date')
    .action(async () => {
      const command = await import('./db.ts');
      done(await command.migrateCommand({ ...context, settings: context.readSettings() }));
    });
  database
    .command('rollback')
    .description('roll back the last migration')
    .action(async () => {
      const command = await import('./db.ts');
      done(await command.rollbackCommand({ ...context, settings: context.readSettings() }));
    });
  return program;
};

/** Runs one command to its end; every failure becomes a message on standard error and an exit code. */
export const runProgram = async (args: string[], context: ProgramContext): Promise<ExitCode> => {
  let code: ExitCode = exitCodes.done;
  try {
    const program = buildProgram(context, (ended) => {
      code = ended;
    });
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return report(error, context);
  }
};
