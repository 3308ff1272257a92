import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { SourceChoice } from '#platform/open-source.ts';
import { UsageError } from './exit.ts';
import { plain } from './terminal.ts';

/** What `<repo>` names. `text` identifies it in the run's configuration. */
export type RepositoryChoice = { text: string } & Exclude<SourceChoice, { kind: 'sample' }>;

const ownerAndName = /^([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))\/([A-Za-z0-9._-]{1,100})$/;

/** git's transports that need no key or configuration of the user, because git sees neither here. */
export const cloneProtocols = ['https', 'http', 'git', 'file'];

const kinds =
  'Give GitHub’s owner/name or URL, another git URL, the path of a local repository, or a .jsonl file of ground truth.';

const github = (owner: string, name: string): RepositoryChoice => ({
  kind: 'github',
  owner,
  name,
  text: `github:${owner}/${name}`.toLowerCase(),
});

const ofUrl = (url: URL, githubHost: string): RepositoryChoice => {
  if (url.username !== '' || url.password !== '')
    throw new UsageError(
      'The repository’s URL must not hold a user name or password. For GitHub set GITHUB_TOKEN; otherwise clone it yourself and give its path.',
    );
  if (url.search !== '' || url.hash !== '')
    throw new UsageError('The repository’s URL must not have a query or a fragment.');
  const [owner, name, ...rest] = url.pathname.split('/').filter((part) => part !== '');
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  if (web && ['github.com', 'www.github.com', githubHost].includes(url.host.toLowerCase())) {
    const repository = name?.replace(/\.git$/, '');
    if (owner === undefined || !repository || rest.length > 0)
      throw new UsageError('Name the repository itself, for example https://github.com/owner/name.');
    return github(owner, repository);
  }
  if (!cloneProtocols.includes(url.protocol.slice(0, -1)))
    throw new UsageError(
      `${url.protocol}// addresses cannot be cloned, because git runs without your keys and configuration. Clone it yourself and give its path.`,
    );
  return { kind: 'git', url: url.href, text: url.href };
};

/**
 * A path that exists on disk wins over GitHub's owner/name, as with git itself.
 * @throws UsageError if ground truth cannot be read from it.
 */
export const chooseRepository = async (argument: string, githubHost: string): Promise<RepositoryChoice> => {
  const shown = `"${plain(argument, 200)}"`;
  // scheme://…; a shorter pattern would take a drive letter or "host:path" for a URL.
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(argument)) {
    if (!URL.canParse(argument)) throw new UsageError(`The repository’s URL is not valid. ${kinds}`);
    return ofUrl(new URL(argument), githubHost);
  }
  const path = resolve(argument);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return { kind: 'path', path, name: basename(path) || path, text: path };
  if (found?.isFile()) {
    if (!/\.jsonl$/i.test(path))
      throw new UsageError(`${shown} is a file, but not a .jsonl file of ground truth. ${kinds}`);
    return { kind: 'file', path, name: basename(path), text: path };
  }
  if (/\.jsonl$/i.test(argument)) throw new UsageError(`${shown} does not exist. ${kinds}`);
  const [, owner, name] = ownerAndName.exec(argument) ?? [];
  if (owner !== undefined && name !== undefined && !/^\.{1,2}$/.test(name)) return github(owner, name);
  if (/^[^/\s]+@[^/\s]+:/.test(argument))
    throw new UsageError(
      'ssh addresses cannot be cloned, because git runs without your keys and configuration. Clone it yourself and give its path.',
    );
  throw new UsageError(`There is no repository at ${shown}. ${kinds}`);
};
