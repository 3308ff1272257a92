import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A pull request as the fake keeps it; times are RFC 3339. */
export type FakePullRequest = {
  number: number;
  title: string;
  body: string | null;
  author: string | null;
  labels: string[];
  createdAt: string;
  updatedAt: string;
  /** Null: closed without a merge. */
  mergedAt: string | null;
  mergeCommit: string | null;
  /** The last commit of what was merged; null where the fake has no git objects of it. */
  headSha: string | null;
  /** What the list of files answers; without it, none. */
  files?: { filename: string; status: string; previous_filename?: string; patch?: string }[];
  /** `too_large` answers 406, as GitHub does beyond 20,000 lines; `missing` 404. */
  diff: string | Uint8Array | 'too_large' | 'missing';
};

export type FakeRepository = {
  id: number;
  owner: string;
  name: string;
  private: boolean;
  /** In kilobytes; 0 where nothing was ever pushed. */
  size: number;
  /** 451: taken down; 403: the token lacks a right. */
  blocked: 403 | 451 | null;
  pulls: FakePullRequest[];
};

/** What the next request that fits gets instead of its answer; used up by it. */
export type GitHubFault = { path?: RegExp } & (
  | { kind: 'primary_limit'; status: 403 | 429; resetInSeconds: number }
  | { kind: 'secondary_limit'; status: 403 | 429; retryAfterSeconds: number; message?: string }
  | { kind: 'status'; status: number; message: string }
  | { kind: 'raw'; contentType: string; body: string }
  | { kind: 'next_page'; url: string }
  | { kind: 'redirect'; status: 301 | 302 | 307; location: string }
  | { kind: 'hang_up' }
);

export type GitHubFake = {
  url: string;
  requests: { method: string; path: string; authorization: string | undefined; accept: string | undefined }[];
  repositories: FakeRepository[];
  /** Former `owner/name` to the repository's id: answered with 301, as after a transfer. */
  moved: Map<string, number>;
  faults: GitHubFault[];
  close(): Promise<void>;
};

export const fakePullRequest = (fields: Partial<FakePullRequest> & { number: number }): FakePullRequest => {
  const at = new Date(Date.UTC(2025, 0, 1) + fields.number * 3_600_000).toISOString().replace('.000Z', 'Z');
  const lines = ['one', 'two', 'three'].map((word) => `+const ${word}${fields.number} = ${fields.number};`);
  return {
    title: `Change ${fields.number}`,
    body: `What change ${fields.number} is for.`,
    author: 'ada',
    labels: [],
    createdAt: at,
    updatedAt: fields.mergedAt ?? at,
    mergedAt: at,
    mergeCommit: createHash('sha1').update(String(fields.number)).digest('hex'),
    headSha: null,
    diff: [
      `diff --git a/src/file${fields.number}.ts b/src/file${fields.number}.ts`,
      'new file mode 100644',
      'index 0000000..1c59427',
      '--- /dev/null',
      `+++ b/src/file${fields.number}.ts`,
      `@@ -0,0 +1,${lines.length} @@`,
      ...lines,
      '',
    ].join('\n'),
    ...fields,
  };
};

const documentation = 'https://docs.github.com/rest';

type Answer = { status: number; headers?: Record<string, string>; body: string | Uint8Array };

const json = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
});
const problem = (status: number, message: string, more: Record<string, unknown> = {}) =>
  json(status, { message, documentation_url: documentation, status: String(status), ...more });

const user = (login: string | null) =>
  login === null ? null : { login, id: 1, type: login.endsWith('[bot]') ? 'Bot' : 'User' };

const pullJson = (repository: FakeRepository, pull: FakePullRequest) => ({
  id: pull.number,
  number: pull.number,
  state: 'closed',
  title: pull.title,
  body: pull.body,
  user: user(pull.author),
  labels: pull.labels.map((name, id) => ({ id, name, color: 'ededed', default: false })),
  html_url: `https://github.com/${repository.owner}/${repository.name}/pull/${pull.number}`,
  created_at: pull.createdAt,
  updated_at: pull.updatedAt,
  closed_at: pull.mergedAt ?? pull.updatedAt,
  merged_at: pull.mergedAt,
  merge_commit_sha: pull.mergeCommit,
  head: { ref: `topic-${pull.number}`, sha: pull.headSha ?? '0'.repeat(40) },
  draft: false,
});

const whole = (text: string | null, fallback: number) =>
  text !== null && /^\d+$/.test(text) ? Number(text) : fallback;

const listPulls = (repository: FakeRepository, url: URL, base: string): Answer => {
  const { searchParams } = url;
  const sort = searchParams.get('sort') ?? 'created';
  const ascending =
    (searchParams.get('direction') ?? (searchParams.has('sort') && sort !== 'created' ? 'asc' : 'desc')) ===
    'asc';
  const key = (pull: FakePullRequest) => (sort === 'updated' ? pull.updatedAt : pull.createdAt);
  const pulls = (searchParams.get('state') ?? 'open') === 'open' ? [] : [...repository.pulls];
  pulls.sort((a, b) => (ascending ? 1 : -1) * (key(a) < key(b) ? -1 : 1));
  // GitHub bounds a page at 100, whatever is asked.
  const size = Math.min(Math.max(whole(searchParams.get('per_page'), 30), 1), 100);
  const page = Math.max(whole(searchParams.get('page'), 1), 1);
  const last = Math.max(Math.ceil(pulls.length / size), 1);
  const link = (number: number, relation: string) => {
    const target = new URL(`/repositories/${repository.id}/pulls`, base);
    for (const [name, value] of searchParams) target.searchParams.set(name, value);
    target.searchParams.set('page', String(number));
    return `<${target.href}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
  ];
  return json(
    200,
    pulls.slice((page - 1) * size, page * size).map((pull) => pullJson(repository, pull)),
    links.length > 0 ? { link: links.join(', ') } : {},
  );
};

const showPull = (repository: FakeRepository, number: number, accept: string): Answer => {
  const pull = repository.pulls.find((candidate) => candidate.number === number);
  if (pull === undefined || pull.diff === 'missing') return problem(404, 'Not Found');
  if (!/application\/vnd\.github(?:\.v3)?\.diff/.test(accept)) return json(200, pullJson(repository, pull));
  if (pull.diff === 'too_large') {
    return problem(406, 'Sorry, the diff exceeded the maximum number of lines (20000)', {
      errors: [{ resource: 'PullRequest', field: 'diff', code: 'too_large' }],
    });
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/vnd.github.diff; charset=utf-8' },
    body: pull.diff,
  };
};

const answerFault = (fault: GitHubFault): Answer | 'hang_up' => {
  const resetAt = (seconds: number) => String(Math.floor(Date.now() / 1000) + seconds);
  switch (fault.kind) {
    case 'primary_limit':
      return {
        ...problem(
          fault.status,
          "API rate limit exceeded for 192.0.2.1. (But here's the good news: Authenticated requests get a higher rate limit.)",
        ),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'x-ratelimit-limit': '60',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': resetAt(fault.resetInSeconds),
        },
      };
    case 'secondary_limit':
      return {
        ...problem(
          fault.status,
          fault.message ??
            'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        ),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'retry-after': String(fault.retryAfterSeconds),
        },
      };
    case 'status':
      return problem(fault.status, fault.message);
    case 'raw':
      return { status: 200, headers: { 'content-type': fault.contentType }, body: fault.body };
    case 'next_page':
      return json(200, [], { link: `<${fault.url}>; rel="next"` });
    case 'redirect':
      return {
        status: fault.status,
        headers: { 'content-type': 'application/json; charset=utf-8', location: fault.location },
        body: JSON.stringify({
          message: 'Moved Permanently',
          url: fault.location,
          documentation_url: documentation,
        }),
      };
    case 'hang_up':
      return 'hang_up';
  }
};

/**
 * GitHub's REST API as documented (docs.github.com/rest: "Get a repository", "List pull requests", "Get a pull
 * request", rate limits, pagination, conditional requests), for closed pull requests. `token` is the one that is
 * accepted; private repositories are 404 without it.
 */
export const startGitHubFake = async (options: { token?: string } = {}): Promise<GitHubFake> => {
  const requests: GitHubFake['requests'] = [];
  const repositories: FakeRepository[] = [];
  const moved = new Map<string, number>();
  const faults: GitHubFault[] = [];
  let base = '';

  const route = (request: IncomingMessage): Answer => {
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
    if (files !== null) {
      const pull = repository.pulls.find(({ number }) => number === Number(files[1]));
      const size = Math.min(Math.max(whole(url.searchParams.get('per_page'), 30), 1), 100);
      const page = Math.max(whole(url.searchParams.get('page'), 1), 1);
      const listed = pull?.files ?? [];
      const next = new URL(url);
      next.searchParams.set('page', String(page + 1));
      return json(
        200,
        listed.slice((page - 1) * size, page * size),
        page * size < listed.length ? { link: `<${next.href}>; rel="next"` } : {},
      );
    }
    const single = /^\/pulls\/(\d+)$/.exec(rest);
    return single === null
      ? problem(404, 'Not Found')
      : showPull(repository, Number(single[1]), headers.accept ?? '');
  };

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '/';
    requests.push({
      method: request.method ?? '',
      path,
      authorization: request.headers.authorization,
      accept: request.headers.accept,
    });
    const at = faults.findIndex((fault) => fault.path === undefined || fault.path.test(path));
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0];
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

/** A repository with merged pull requests 1 to `count`, an hour apart. */
export const fakeRepository = (fields: Partial<FakeRepository> & { count?: number } = {}): FakeRepository => {
  const { count = 0, ...rest } = fields;
  return {
    id: 1001,
    owner: 'octo',
    name: 'widgets',
    private: false,
    size: 120,
    blocked: null,
    pulls: Array.from({ length: count }, (_, index) => fakePullRequest({ number: index + 1 })),
    ...rest,
  };
};
