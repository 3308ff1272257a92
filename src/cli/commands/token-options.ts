import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  apiTokenRequestSchema,
  type TokenScope,
  tokenScopes,
  tokenScopesSchema,
} from '#contracts/account.ts';
import type { ExitCode } from '../exit.ts';
import { jsonOption } from '../options.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';

const scopesOf = (text: string, before: TokenScope[] = []): TokenScope[] => {
  const names = text.split(',').map((name) => name.trim());
  const parsed = tokenScopesSchema.safeParse([...before, ...names]);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'Not allowed.');
};

const secondsIn = { m: 60, h: 60 * 60, d: 24 * 60 * 60 };

const secondsOf = (text: string): number => {
  const [, count, unit] = /^(\d{1,9})([mhd])$/.exec(text) ?? [];
  if (unit !== 'm' && unit !== 'h' && unit !== 'd')
    throw new InvalidArgumentError('Must be a time in days, hours or minutes, for example 90d, 12h or 30m.');
  const parsed = apiTokenRequestSchema.shape.expiresInSeconds.safeParse(Number(count) * secondsIn[unit]);
  if (parsed.success && parsed.data !== null) return parsed.data;
  throw new InvalidArgumentError(parsed.error?.issues[0]?.message ?? 'Not allowed.');
};

const createOptions = () => [
  new Option('--name <name>', 'the token’s name, for example "ci"').makeOptionMandatory(),
  new Option(
    '--scope <scopes>',
    `what it may do, separated by commas: ${tokenScopes.join(', ')} (default: runs:read)`,
  ).argParser(scopesOf),
  new Option('--expires <time>', 'when it expires, for example 90d (default: when it is revoked)').argParser(
    secondsOf,
  ),
  jsonOption(),
];

const scopesHelp = `
  runs:read           see runs and follow them
  runs:write          start, cancel, resume and retry runs; try oracles and estimate costs
  runs:spend          let the judge cost the installation money, with runs:write
  certificates:write  revoke certificates, and dispute them as the installation's owner
  account             see and end sessions, list and revoke tokens

No scope includes another, and no token makes tokens.`;

type CreateOptions = { name: string; scope?: TokenScope[]; expires?: number; json?: boolean };

/** `token create | list | revoke`, for the installation's owner. */
export const addTokenCommands = (
  program: Command,
  context: { readSettings: () => Settings; terminal: Terminal },
  done: (code: ExitCode) => void,
): void => {
  const tokens = program.command('token').description('personal tokens for the REST and tRPC interfaces');
  const inInstallation = () => ({ ...context, settings: context.readSettings() });

  const create = tokens
    .command('create')
    .description('make a token for the installation’s owner; it is shown once')
    .addHelpText('after', scopesHelp)
    .action(async ({ name, scope, expires, json }: CreateOptions) => {
      const command = await import('./token.ts');
      const request = { name, scopes: scope, expiresInSeconds: expires, json };
      done(await command.createTokenCommand(request, inInstallation()));
    });
  for (const option of createOptions()) create.addOption(option);

  tokens
    .command('list')
    .description('list the owner’s tokens that work, with their scopes, expiry and last use')
    .addOption(jsonOption())
    .action(async (options: { json?: boolean }) => {
      const command = await import('./token.ts');
      done(await command.listTokensCommand(options, inInstallation()));
    });

  tokens
    .command('revoke')
    .description('end one of the owner’s tokens at once')
    .argument('<id>', 'the token’s id, as token list shows it')
    .addOption(jsonOption())
    .action(async (id: string, options: { json?: boolean }) => {
      const command = await import('./token.ts');
      done(await command.revokeTokenCommand(id, options, inInstallation()));
    });
};
