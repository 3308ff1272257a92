import { untrustedCertificateText } from '#contracts/errors.ts';
import { type GroundTruthSource, SourceError } from '../source.ts';
import { gitSource, maxListedCommits } from './git.ts';
import { remoteEnvironment } from './remote.ts';
import {
  type GitOptions,
  type GitOutcome,
  type RunGit,
  stoppedWords,
  type TemporaryFolders,
} from './runner.ts';

const defaultCloneTimeoutMs = 10 * 60_000;
/** How long a server may be silent. One that accepts connections and says nothing would hold a clone for minutes. */
const defaultSilenceMs = 15_000;
/**
 * From then on git works by itself. It shows this at the start of a line, where nothing that a server says can stand:
 * "remote: " is before that. Until then servers report every second what they are doing.
 */
const allReceived = /(?:^|[\r\n])Receiving objects: 100%/;

export type CloneOptions = TemporaryFolders & {
  runGit: RunGit;
  url: string;
  /** Sent as HTTP basic credentials to this URL's origin only. Makes the draw private. */
  token?: string | null;
  /** Transports that git may use, without the colon. Default: https only. */
  allowedProtocols?: string[];
  /**
   * Called before anything is sent. It may refuse the address with a SourceError. It returns further git configuration,
   * for example `http.curloptResolve` to pin the address that it has checked.
   */
  guard?: (url: URL) => Promise<Record<string, string>>;
  timeoutMs?: number;
  silenceMs?: number;
};

const schemes = /^(?:https?|git|ssh|file):$/;

const readUrl = (text: string, allowedProtocols: string[]): URL => {
  const refuse = (problem: string) => new SourceError('invalid', `This repository address ${problem}`);
  // "ext::command" and similar transports run programs; "-x" would be read as an option.
  if (text.startsWith('-') || /^[a-z0-9+.-]+::/i.test(text) || !URL.canParse(text)) {
    throw refuse('is not a URL that can be cloned. Give one such as https://example.com/owner/name.git.');
  }
  const url = new URL(text);
  if (!schemes.test(url.protocol) || !allowedProtocols.includes(url.protocol.slice(0, -1))) {
    throw refuse(
      `uses ${url.protocol}, but only these are allowed: ${allowedProtocols.map((name) => `${name}:`).join(', ')}.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse('must not contain a user name or password. Give the token separately.');
  }
  if (url.search !== '' || url.hash !== '') throw refuse('must not have a query or a fragment.');
  return url;
};

/** Explains git's failure to the run's owner. git's own words stay out, because they may quote the server's. */
const cloneError = (outcome: GitOutcome, name: string, hasToken: boolean): SourceError => {
  const said = outcome.stderr;
  if (outcome.stopped !== null) {
    return new SourceError(
      'unreachable',
      `${name} could not be cloned: git ${stoppedWords[outcome.stopped]}. Clone it yourself and give its path.`,
      // A slow server may be quicker later. A repository beyond the other limits stays there.
      { retryable: outcome.stopped === 'timeout' },
    );
  }
  if (/from proxy after CONNECT|CONNECT tunnel failed|resolve proxy|Proxy CONNECT aborted/i.test(said)) {
    return new SourceError(
      'unreachable',
      `${name} could not be cloned: this installation's proxy did not make the connection.`,
      { retryable: true },
    );
  }
  // In the words of OpenSSL, GnuTLS, Secure Transport and Schannel, as git gives them.
  if (
    /SSL certificate|certificate (?:verification|verify) failed|certificate problem|SEC_E_UNTRUSTED/i.test(
      said,
    )
  ) {
    return new SourceError('unreachable', `${name} could not be cloned: ${untrustedCertificateText}`, {
      retryable: true,
    });
  }
  if (
    /Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|error: 40[13]/.test(
      said,
    )
  ) {
    return new SourceError(
      'unauthorized',
      hasToken
        ? `${name} does not exist, or the token may not read it. Check the address and the token's rights.`
        : `${name} does not exist or is private. Check the address, or give a token that may read it.`,
    );
  }
  if (/not found|does not exist|does not appear to be a git repository|error: 404/i.test(said)) {
    return new SourceError(
      'not_found',
      `${name} was not found, or is not a git repository. Check the address.`,
    );
  }
  if (/redirect|error: 30\d/i.test(said)) {
    return new SourceError('invalid', `${name} redirects elsewhere. Give the address that it redirects to.`);
  }
  if (/transport '.*' not allowed/.test(said)) {
    return new SourceError('invalid', `${name} uses a transport that is not allowed here.`);
  }
  if (/No space left on device/i.test(said)) {
    return new SourceError('unreachable', `There is no disk space left to clone ${name}. Free some.`, {
      retryable: true,
    });
  }
  return new SourceError(
    'unreachable',
    `${name} could not be cloned: its server failed or could not be reached.`,
    {
      retryable: true,
    },
  );
};

/** Not retried: whoever waits is told within seconds, and a silent server holds a worker no longer. */
const silentError = (name: string, withinMs: number) =>
  new SourceError(
    'unreachable',
    `${name} could not be cloned: its server gave no answer within ${withinMs / 1000} seconds. Check the address, or try again later.`,
  );

/**
 * Merged changes of any repository. It is cloned into a temporary folder, bare and only as deep as a draw looks, and is
 * always removed afterwards.
 */
export const clonedGitSource = (options: CloneOptions): GroundTruthSource => ({
  async draw(request) {
    const { runGit, token = null, allowedProtocols = ['https'] } = options;
    const url = readUrl(options.url, allowedProtocols);
    const name =
      url.protocol === 'file:' ? url.pathname : `${url.host}${url.pathname}`.replace(/(?:\.git)?\/?$/, '');
    const guarded = (await options.guard?.(url)) ?? {};
    const directory = await options.makeTempDir();
    try {
      const run = (args: string[], bounds: Pick<GitOptions, 'timeoutMs' | 'silence'>): Promise<GitOutcome> =>
        runGit(args, {
          env: remoteEnvironment({ url, token, allowedProtocols, guarded }),
          ...bounds,
          maxBytes: 1_000_000,
          ...(request.signal && { signal: request.signal }),
        }).catch((error: unknown) => {
          request.signal?.throwIfAborted();
          throw error instanceof SourceError
            ? error
            : new SourceError('unreachable', `git could not be started. Install git and put it on the PATH.`);
        });
      const silenceMs = options.silenceMs ?? defaultSilenceMs;
      request.onProgress?.(`Connecting to ${url.host || 'the repository'}`);
      const found = await run(['ls-remote', '--quiet', '--', url.href, 'HEAD'], {
        timeoutMs: silenceMs,
      });
      if (found.stopped === 'timeout') throw silentError(name, silenceMs);
      if (found.code !== 0) throw cloneError(found, name, token !== null);
      request.onProgress?.(`Cloning ${name}`);
      const clone = [
        'clone',
        '--progress',
        '--bare',
        '--single-branch',
        '--no-tags',
        // One more than the list: the parent of its last commit.
        `--depth=${maxListedCommits + 1}`,
        '--template=',
        '--no-recurse-submodules',
        '--',
        url.href,
        directory,
      ];
      const cloned = await run(clone, {
        timeoutMs: options.timeoutMs ?? defaultCloneTimeoutMs,
        silence: { afterMs: silenceMs, until: allReceived },
      });
      if (cloned.code !== 0) throw cloneError(cloned, name, token !== null);
      return await gitSource({ ...options, path: directory, name, isPrivate: token !== null }).draw(request);
    } finally {
      await options.removeDir(directory);
    }
  },
});
