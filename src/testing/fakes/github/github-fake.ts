import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { answerFault, type GitHubFault } from './faults.ts';
import { type Answer, documentation, json, problem } from './http.ts';
import { listFiles, listPulls, showPull } from './pulls.ts';
import type { FakeRepository } from './repository.ts';

export type GitHubFake = {
  url: string;
  requests: { method: string; path: string; authorization: string | undefined; accept: string | undefined }[];
  repositories: FakeRepository[];
  /** Former `owner/name` to the repository's id. Such requests are answered with 301, as after a transfer. */
  moved: Map<string, number>;
  faults: GitHubFault[];
  close(): Promise<void>;
};

/**
 * GitHub's REST API as documented (docs.github.com/rest: "Get a repository", "List pull requests", "Get a pull
 * request", rate limits, pagination, conditional requests), for closed pull requests. It accepts only `token`. Private
 * repositories answer 404 without one.
 */
export const startGitHubFake = async (
  options: { token?: string; delayMs?: () => number } = {},
): Promise<GitHubFake> => {
  const requests: GitHubFake['requests'] = [];
  const repositories: FakeRepository[] = [];
  const moved = new Map<string, number>();
  const faults: GitHubFault[] = [];
  let base = '';

  const route = (request: IncomingMessage): Answer | 'hang_up' => {
    const { headers } = request;
    const url = new URL(request.url ?? '/', base);
    if (!headers['user-agent']) {
      return {
        status: 403,
        headers: { 'content-type': 'text/html' },
        body: 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
      };
    }
    const given = headers.authorization?.replace(/^(?:token|bearer) /i, '');
    if (given !== undefined && given !== options.token) return problem(401, 'Bad credentials');
    if (request.method !== 'GET') return problem(404, 'Not Found');

    const byName = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(url.pathname);
    const byId = /^\/repositories\/(\d+)(\/.*)?$/.exec(url.pathname);
    const asked = byName === null ? null : `${byName[1]}/${byName[2]}`.toLowerCase();
    const newId = asked === null ? undefined : moved.get(asked);
    if (byName !== null && newId !== undefined) {
      const location = `${base}/repositories/${newId}${byName[3] ?? ''}${url.search}`;
      return {
        ...json(301, { message: 'Moved Permanently', url: location, documentation_url: documentation }),
        headers: { 'content-type': 'application/json; charset=utf-8', location },
      };
    }
    const repository = repositories.find((candidate) =>
      byId === null
        ? `${candidate.owner}/${candidate.name}`.toLowerCase() === asked
        : candidate.id === Number(byId[1]),
    );
    if (repository === undefined || (repository.private && given === undefined))
      return problem(404, 'Not Found');
    const limitedMs = (repository.limitedUntil ?? 0) - Date.now();
    if (limitedMs > 0) {
      const resetInSeconds = Math.ceil(limitedMs / 1_000);
      return answerFault({ kind: 'primary_limit', status: 403, resetInSeconds });
    }
    if (repository.blocked === 451) {
      return problem(451, 'Repository access blocked', {
        block: {
          reason: 'dmca',
          created_at: '2025-01-01T00:00:00Z',
          html_url: 'https://github.com/github/dmca',
        },
      });
    }
    if (repository.blocked === 403) return problem(403, 'Resource not accessible by personal access token');
    const rest = (byName?.[3] ?? byId?.[2] ?? '').replace(/\/$/, '');
    if (rest === '') {
      return json(200, {
        id: repository.id,
        name: repository.name,
        full_name: `${repository.owner}/${repository.name}`,
        private: repository.private,
        visibility: repository.private ? 'private' : 'public',
        archived: false,
        disabled: false,
        size: repository.size,
        default_branch: 'main',
      });
    }
    if (rest === '/pulls') return listPulls(repository, url, base);
    const files = /^\/pulls\/(\d+)\/files$/.exec(rest);
    if (files !== null) return listFiles(repository, Number(files[1]), url);
    const single = /^\/pulls\/(\d+)$/.exec(rest);
    return single === null
      ? problem(404, 'Not Found')
      : showPull(repository, Number(single[1]), headers.accept ?? '');
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '/';
    requests.push({
      method: request.method ?? '',
      path,
      authorization: request.headers.authorization,
      accept: request.headers.accept,
    });
    const at = faults.findIndex((fault) => fault.path === undefined || fault.path.test(path));
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0];
    if (options.delayMs !== undefined) await delay(options.delayMs());
    const reply = fault === undefined ? route(request) : answerFault(fault);
    if (reply === 'hang_up') {
      request.socket.destroy();
      return;
    }
    const etag = `W/"${createHash('sha256').update(reply.body).digest('hex')}"`;
    const headers = {
      'x-ratelimit-limit': options.token === undefined ? '60' : '5000',
      'x-ratelimit-remaining': '59',
      'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3600),
      'x-ratelimit-resource': 'core',
      ...(reply.status === 200 && { etag }),
      ...reply.headers,
    };
    if (reply.status === 200 && request.headers['if-none-match'] === etag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(reply.status, headers).end(reply.body);
  };

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url: base,
    requests,
    repositories,
    moved,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
