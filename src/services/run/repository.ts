import { AppError } from '#contracts/errors.ts';
import type { RunSource } from '#contracts/run.ts';

const refuse = (message: string): never => {
  throw new AppError('BAD_REQUEST', message, [{ path: 'repoUrl', message }]);
};

/**
 * What a checked `repoUrl` names. GitHub's own host and the configured one are read through its API, `owner/name` is
 * GitHub's; any other https URL is cloned with git.
 * @param githubHost the host of GITHUB_SERVER_URL.
 * @throws AppError BAD_REQUEST where a GitHub URL names no repository.
 */
export const sourceOf = (repoUrl: string, githubHost: string): RunSource => {
  const isUrl = /^https:\/\//i.test(repoUrl);
  const url = isUrl ? new URL(repoUrl) : null;
  const onGithub =
    url === null || ['github.com', 'www.github.com', githubHost].includes(url.host.toLowerCase());
  if (url !== null && !onGithub) return { kind: 'git', url: url.href };
  const path = url === null ? repoUrl : url.pathname;
  const [owner, name, ...rest] = path.split('/').filter((part) => part !== '');
  const repository = name?.replace(/\.git$/, '');
  if (owner === undefined || !repository || rest.length > 0)
    return refuse('Name the repository itself, for example https://github.com/owner/name.');
  return { kind: 'github', owner, name: repository };
};
