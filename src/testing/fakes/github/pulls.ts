import { type Answer, json, problem } from './http.ts';
import type { FakePullRequest, FakeRepository } from './repository.ts';

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

/** The requested page. Like GitHub, it holds at most 100 items. */
const pageOf = <T>(items: T[], searchParams: URLSearchParams) => {
  const size = Math.min(Math.max(whole(searchParams.get('per_page'), 30), 1), 100);
  const number = Math.max(whole(searchParams.get('page'), 1), 1);
  return {
    number,
    last: Math.max(Math.ceil(items.length / size), 1),
    items: items.slice((number - 1) * size, number * size),
  };
};

/** "List pull requests". Links name the repository by its id, as GitHub's do. */
export const listPulls = (repository: FakeRepository, { searchParams }: URL, base: string): Answer => {
  const sort = searchParams.get('sort') ?? 'created';
  const ascending =
    (searchParams.get('direction') ?? (searchParams.has('sort') && sort !== 'created' ? 'asc' : 'desc')) ===
    'asc';
  const key = (pull: FakePullRequest) => (sort === 'updated' ? pull.updatedAt : pull.createdAt);
  const pulls = (searchParams.get('state') ?? 'open') === 'open' ? [] : [...repository.pulls];
  pulls.sort((a, b) => (ascending ? 1 : -1) * (key(a) < key(b) ? -1 : 1));
  const { number, last, items } = pageOf(pulls, searchParams);
  const link = (page: number, relation: string) => {
    const target = new URL(`/repositories/${repository.id}/pulls`, base);
    for (const [name, value] of searchParams) target.searchParams.set(name, value);
    target.searchParams.set('page', String(page));
    return `<${target.href}>; rel="${relation}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  return json(
    200,
    items.map((pull) => ({ ...pullJson(repository, pull), ...pull.listedAs })),
    links.length > 0 ? { link: links.join(', ') } : {},
  );
};

/** "List pull requests files". Empty if there is no such pull request. */
export const listFiles = (repository: FakeRepository, pullNumber: number, url: URL): Answer => {
  const pull = repository.pulls.find((candidate) => candidate.number === pullNumber);
  const { number, last, items } = pageOf(pull?.files ?? [], url.searchParams);
  const next = new URL(url);
  next.searchParams.set('page', String(number + 1));
  return json(200, items, number < last ? { link: `<${next.href}>; rel="next"` } : {});
};

/** "Get a pull request", as JSON or as its diff. */
export const showPull = (repository: FakeRepository, number: number, accept: string): Answer | 'hang_up' => {
  const pull = repository.pulls.find((candidate) => candidate.number === number);
  if (pull === undefined || pull.diff === 'missing') return problem(404, 'Not Found');
  if (!/application\/vnd\.github(?:\.v3)?\.diff/.test(accept)) return json(200, pullJson(repository, pull));
  if (pull.diff === 'hang_up') return 'hang_up';
  if (typeof pull.diff === 'number') return problem(pull.diff, `Status ${pull.diff}`);
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
