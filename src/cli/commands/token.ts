import { type ApiToken, type ApiTokenRequest, tokenScopes } from '#contracts/account.ts';
import { toWire } from '#contracts/wire.ts';
import type { Database } from '#db/client.ts';
import { createApiToken, listApiTokens, localOwner, revokeApiToken } from '#services/account/index.ts';
import type { Actor, Log } from '#services/ground/index.ts';
import { hasInstallation, withMigrated } from '../connection.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Settings } from '../settings.ts';
import { plain, plainJson, type Terminal } from '../terminal.ts';

type Context = { settings: Settings; terminal: Terminal };

/** The commands' own output says what was done. */
const silent = () => {};
const log: Log = { error: silent, warn: silent, info: silent, debug: silent };

/** Works on the tokens of the installation's owner. Makes no installation: a token for one that nobody runs opens nothing. */
const asOwner = async <T>(
  settings: Settings,
  work: (context: { db: Database; log: Log }, owner: Actor) => Promise<T>,
): Promise<T> => {
  if (!(await hasInstallation(settings)))
    throw new UsageError(
      `The data directory ${settings.dataDir} holds no installation. Set DATA_DIR or DATABASE_URL as the installation has it, or start one with npm start.`,
    );
  return withMigrated(settings, async (db) => work({ db, log }, await localOwner({ db })));
};

/** `token create --name N`: makes a token, and prints it this once. */
export const createTokenCommand = async (
  { json, ...request }: ApiTokenRequest & { json?: boolean },
  { settings, terminal }: Context,
): Promise<ExitCode> => {
  const made = await asOwner(settings, (context, { userId }) =>
    createApiToken(context, { userId, ...request }),
  );
  terminal.result(json ? plainJson(toWire(made)) : made.token);
  terminal.say(
    `The token may: ${made.scopes.join(', ')}. It is shown only once; its hash alone is kept. Send it as "Authorization: Bearer <token>".`,
  );
  return exitCodes.done;
};

const widths = [36, tokenScopes.join(',').length, 24, 24];
const row = (cells: string[]) =>
  cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();

const viewToken = ({ id, scopes, expiresAt, lastUsedAt, name }: ApiToken) =>
  row([id, scopes.join(','), expiresAt ?? 'when revoked', lastUsedAt ?? 'never', plain(name)]);

/** `token list`: the tokens that work, without their secrets. */
export const listTokensCommand = async (
  { json }: { json?: boolean },
  { settings, terminal }: Context,
): Promise<ExitCode> => {
  const { tokens } = await asOwner(settings, listApiTokens);
  if (json) terminal.result(plainJson(toWire({ tokens })));
  else {
    const head = terminal.paint('dim', row(['token', 'scopes', 'expires', 'last used', 'name']));
    terminal.result(tokens.length === 0 ? 'No tokens.' : [head, ...tokens.map(viewToken)].join('\n'));
  }
  return exitCodes.done;
};

/** `token revoke <id>`: ends a token at once. */
export const revokeTokenCommand = async (
  id: string,
  { json }: { json?: boolean },
  { settings, terminal }: Context,
): Promise<ExitCode> => {
  await asOwner(settings, (context, owner) => revokeApiToken(context, owner, id));
  terminal.result(json ? plainJson({ revoked: id }) : `Revoked ${id}.`);
  return exitCodes.done;
};
