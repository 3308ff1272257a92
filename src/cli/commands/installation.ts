import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { TRPCClientError } from '@trpc/client';
import { z } from 'zod';
import { createEchelonClient, type EchelonClient } from '#client/index.ts';
import { CommandError, UsageError } from '../exit.ts';
import { plain } from '../terminal.ts';
import { answerTimeoutMs, requestFault, unreachedText } from '../unreached.ts';

/** How to reach an installation. Give exactly one of the two tokens. */
export type InstallationOptions = { url: string; token?: string; tokenFile?: string };

export type Installation = {
  /** Without a trailing slash. */
  address: string;
  /**
   * Calls the installation. A refusal is reported in terms of the command line's options.
   * @throws InstallationUnreached; UsageError if an option was wrong; CommandError
   */
  ask: <T>(call: (client: EchelonClient) => Promise<T>) => Promise<T>;
};

/** No installation answered. It may just be starting. */
export class InstallationUnreached extends CommandError {}

const addressOf = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw new UsageError(
      '--url must be an http or https address without user info, for example http://127.0.0.1:3000.',
    );
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
};

/** A token, which a header must be able to carry: visible ASCII without spaces. Errors name the option, never the value. */
const oneWord = (option: string, text: string): string => {
  const word = text.trim();
  if (/^[\x21-\x7e]{1,500}$/.test(word)) return word;
  throw new UsageError(`${option} must hold a token and nothing else, on one line.`);
};

/**
 * Reads a secret from a file, or from standard input if `file` is "-". Unlike an argument, other users of the machine
 * cannot read it, and no shell remembers it.
 * @throws UsageError
 */
export const readSecret = async (option: string, file: string, signal: AbortSignal): Promise<string> => {
  const text = await (file === '-'
    ? textOf(addAbortSignal(signal, process.stdin))
    : readFile(file, 'utf8')
  ).catch((error) => {
    signal.throwIfAborted();
    throw new UsageError(`${option}: ${plain(file, 200)} could not be read (${error.code}).`);
  });
  return oneWord(option, text);
};

const howToMakeToken = (scopes: string) =>
  `\`echelon-verify token create --name cli --scope ${scopes}\` makes one.`;

const tokenOf = async (
  { token, tokenFile }: InstallationOptions,
  scopes: string,
  signal: AbortSignal,
): Promise<string> => {
  if (tokenFile !== undefined) return readSecret('--token-file', tokenFile, signal);
  if (token !== undefined) return oneWord('--token', token);
  throw new UsageError(`Give a personal token with --token-file <path>. ${howToMakeToken(scopes)}`);
};

/** The option for each field of a request. */
const optionNames: Record<string, string> = {
  oracleUrl: '--oracle-url',
  oracleHeaders: '--oracle-header',
  githubToken: '--github-token-file',
  maxCostUsd: '--max-cost',
  constructId: '--construct-id',
  status: '--status',
  limit: '--limit',
  offset: '--offset',
  text: '--text',
};

const refusalSchema = z.object({
  code: z.string(),
  fields: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
});

const notAnInstallation = (address: string, what: string) =>
  new InstallationUnreached(
    `What answers at ${address} (${what}) is not an Echelon Verify installation. Name another address with --url.`,
  );

const unreached = (error: Error, address: string): InstallationUnreached =>
  new InstallationUnreached(
    requestFault(error) === 'ECONNREFUSED'
      ? `Nothing listens at ${address}. Start the installation there (npm start), or name another address with --url.`
      : unreachedText(error, address, 'Check the address; --url names another.'),
  );

/** Rejects with `InstallationUnreached` if the answer is not JSON, as every answer of an installation is. */
const fetchFrom =
  (address: string, signal: AbortSignal): typeof fetch =>
  async (input, init) => {
    const response = await fetch(input, {
      ...init,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
    }).catch((error: Error) => {
      signal.throwIfAborted();
      throw unreached(error, address);
    });
    if (response.headers.get('content-type')?.includes('json')) return response;
    throw notAnInstallation(address, `HTTP ${response.status}`);
  };

const explained = (error: unknown, address: string, scopes: string): unknown => {
  if (!(error instanceof TRPCClientError)) return error;
  if (error.cause instanceof CommandError) return error.cause;
  const refusal = refusalSchema.safeParse(error.data);
  if (!refusal.success) return notAnInstallation(address, 'in JSON');
  const { code, fields } = refusal.data;
  if (code === 'UNAUTHORIZED')
    return new CommandError(
      `${address} refused the token: it is unknown there, or was revoked or has expired. ${howToMakeToken(scopes)}`,
    );
  const named = fields.flatMap(({ path, message }) => {
    const option = optionNames[path.split('.')[0] ?? ''];
    return option === undefined ? [] : [`${option}: ${plain(message)}`];
  });
  return named.length > 0
    ? new UsageError(named.join('\n'))
    : new CommandError(`${address} answers: ${plain(error.message)}`);
};

/**
 * The installation that the options name. Makes no call yet.
 * @param scopes those that a token needs for what is asked, as `token create` takes them.
 * @throws UsageError if there is no usable address or token.
 */
export const reachInstallation = async (
  options: InstallationOptions,
  signal: AbortSignal,
  scopes = 'runs:read,runs:write',
): Promise<Installation> => {
  const address = addressOf(options.url);
  const client = createEchelonClient({
    baseUrl: address,
    token: await tokenOf(options, scopes, signal),
    fetch: fetchFrom(address, signal),
  });
  return {
    address,
    ask: (call) =>
      call(client).catch((error: unknown) => {
        throw explained(error, address, scopes);
      }),
  };
};
