import { changeGate } from '../git/changed-files.ts';
import { type Git, readDiff, readingConfig } from '../git/diff.ts';
import { type RemoteAccess, remoteEnvironment } from '../git/remote.ts';
import { type GitOutcome, isolation, type RunGit } from '../git/runner.ts';

const fetchTimeoutMs = 10 * 60_000;
const readTimeoutMs = 60_000;
const maxListBytes = 64_000_000;
/** git processes that read in parallel. */
const readers = 4;
/** Object names in one request: servers limit its size. */
const objectsPerFetch = 5_000;

/** A pull request's commits as GitHub's API lists them. */
export type PullCommits = { number: number; headSha: string | null; mergeCommit: string | null };

export type PullObjectsOptions = RemoteAccess & {
  runGit: RunGit;
  /** A folder of our own. The objects stay in it, and a later call fetches only what is new. */
  directory: string;
  signal?: AbortSignal;
};

type Ends = { from: string; head: string };

/** Calls `work` for each item, at most `width` at a time. Rejects with the first fault once all calls have ended. */
const mapConcurrently = async <T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: width }, worker));
  for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason;
};

/**
 * Diffs of pull requests from git objects: a bare partial clone without file contents, plus the contents that the pull
 * requests touched. Two requests serve hundreds of diffs. Each diff is merge-base(base, head)…head, as GitHub's API
 * gives it: `head` is `refs/pull/N/head` and `base` the first parent of the merge commit, for every way of merging.
 */
export const openPullObjects = async (options: PullObjectsOptions) => {
  const { runGit, directory, signal } = options;
  const call = (
    args: string[],
    env: Record<string, string>,
    bounds: { timeoutMs: number; maxBytes: number; input?: string },
  ): Promise<GitOutcome> =>
    runGit([`--git-dir=${directory}`, '--no-pager', ...args], { env, ...bounds, ...(signal && { signal }) });
  const nowhere = `${directory}/echelon-verify-no-such-file`;
  const readEnvironment = {
    ...isolation,
    ...readingConfig,
    GIT_WORK_TREE: nowhere,
    GIT_INDEX_FILE: nowhere,
  };
  const git: Git = (args, bounds) => call(args, readEnvironment, bounds);
  const lines = async (args: string[], input?: string): Promise<string[] | null> => {
    const done = await call(args, readEnvironment, {
      timeoutMs: readTimeoutMs,
      maxBytes: maxListBytes,
      ...(input !== undefined && { input }),
    });
    if (done.code !== 0) return null;
    const text = new TextDecoder().decode(done.stdout).trim();
    return text === '' ? [] : text.split('\n');
  };
  const talk = async (args: string[], more: { input?: string; config?: Record<string, string> } = {}) => {
    const env = remoteEnvironment({ ...options, guarded: { ...options.guarded, ...quiet, ...more.config } });
    const done = await call(args, env, {
      timeoutMs: fetchTimeoutMs,
      maxBytes: maxListBytes,
      ...(more.input !== undefined && { input: more.input }),
    });
    if (done.code !== 0) throw new PullObjectsFault();
    return new TextDecoder().decode(done.stdout);
  };
  const fetchObjects = (wanted: string[], config: Record<string, string> = {}) =>
    talk(
      [
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-recurse-submodules',
        '--filter=blob:none',
        '--stdin',
        'origin',
      ],
      { input: wanted.map((line) => `${line}\n`).join(''), config },
    );

  const prepareFolder = async () => {
    const settings: [string, string][] = [
      ['core.repositoryFormatVersion', '1'],
      ['extensions.partialClone', 'origin'],
      ['remote.origin.url', options.url.href],
      ['remote.origin.promisor', 'true'],
      ['remote.origin.partialCloneFilter', 'blob:none'],
    ];
    for (const args of [
      ['init', '--quiet', '--bare', '--template='],
      ...settings.map(([name, value]) => ['config', '--local', name, value]),
    ]) {
      // git makes no bare repository when a work tree is named.
      const done = await call(args, isolation, { timeoutMs: readTimeoutMs, maxBytes: maxListBytes });
      if (done.code !== 0) throw new PullObjectsFault();
    }
  };

  /** What earlier calls fetched completely: `refs/ready/N` is written last, once all contents are present. */
  const readReady = async (): Promise<Map<number, Ends>> => {
    const refs = new Map<string, string>();
    for (const line of (await lines(['for-each-ref', '--format=%(refname) %(objectname)'])) ?? []) {
      const [name = '', hash = ''] = line.split(' ');
      refs.set(name, hash);
    }
    const found = new Map<number, Ends>();
    for (const [name, head] of refs) {
      const number = /^refs\/ready\/(\d+)$/.exec(name)?.[1];
      const from = number === undefined ? undefined : refs.get(`refs/from/${number}`);
      if (number !== undefined && from !== undefined) found.set(Number(number), { from, head });
    }
    return found;
  };

  const one = async (args: string[]) => (await lines(args))?.[0] ?? null;

  const endsOf = async (
    { number, mergeCommit }: PullCommits,
    heads: ReadonlyMap<number, string>,
  ): Promise<Ends | null> => {
    const head = heads.get(number);
    if (head === undefined || mergeCommit === null) return null;
    const base = await one(['rev-parse', '--verify', '--quiet', `${mergeCommit}^1`]);
    const from = base === null ? null : await one(['merge-base', base, head]);
    // The base already contains the head: it was fast-forwarded, and its changes cannot be found this way.
    return from === null || from === head ? null : { from, head };
  };

  /** The file contents that a diff between the two needs. */
  const contentsOf = async ({ from, head }: Ends): Promise<string[] | null> =>
    (
      await lines(['diff-tree', '-r', '--raw', '--no-renames', '--no-abbrev', '--no-commit-id', from, head])
    )?.flatMap((line) => {
      const [oldMode = '', newMode = '', oldHash = '', newHash = ''] = line.slice(1).split(' ');
      return [
        [oldMode, oldHash],
        [newMode, newHash],
      ].flatMap(([mode = '', hash = '']) => (isContent(mode) ? [hash] : []));
    }) ?? null;

  await prepareFolder();
  const ready = await readReady();

  return {
    /**
     * Fetches what the diffs of these pull requests need. Those whose head or merge commit the server lacks stay
     * without a diff.
     * @throws PullObjectsFault when the server refuses or cannot be reached; the signal's reason.
     */
    async prepare(pulls: PullCommits[]): Promise<void> {
      const missing = pulls.filter(({ number, headSha, mergeCommit }) => {
        if (mergeCommit === null) return false;
        const held = ready.get(number);
        return held === undefined || (headSha !== null && headSha !== held.head);
      });
      if (missing.length === 0) return;
      const refs = missing.map(({ number }) => `refs/pull/${number}/head`);
      const advertised = await talk(['ls-remote', '--quiet', 'origin', 'HEAD', ...refs]);
      const heads = new Map<number, string>();
      for (const line of advertised.split('\n')) {
        const [hash, name] = line.split('\t');
        const number = /^refs\/pull\/(\d+)\/head$/.exec(name ?? '')?.[1];
        if (hash !== undefined && number !== undefined) heads.set(Number(number), hash);
      }
      if (heads.size === 0) return;
      await fetchObjects([
        '+HEAD:refs/heads/base',
        ...[...heads.keys()].map((number) => `+refs/pull/${number}/head:refs/pull/${number}/head`),
      ]);
      const found: { number: number; ends: Ends }[] = [];
      await mapConcurrently(missing, readers, async (pull) => {
        const ends = await endsOf(pull, heads);
        if (ends !== null) found.push({ number: pull.number, ends });
      });
      const changeOf = ({ from, head }: Ends) => ({ from, to: head });
      const gate = changeGate(git);
      await gate.prepare(found.map(({ ends }) => changeOf(ends)));
      const complete: typeof found = [];
      const contents = new Set<string>();
      await mapConcurrently(found, readers, async (pull) => {
        if ((await gate.refusalOf(changeOf(pull.ends))) !== null) return;
        const needed = await contentsOf(pull.ends);
        if (needed === null) return;
        for (const hash of needed) contents.add(hash);
        complete.push(pull);
      });
      const wanted = [...contents];
      for (let start = 0; start < wanted.length; start += objectsPerFetch)
        // File contents have no history to negotiate.
        await fetchObjects(wanted.slice(start, start + objectsPerFetch), {
          'fetch.negotiationAlgorithm': 'noop',
        });
      const updates = complete.flatMap(({ number, ends }) => [
        `update refs/from/${number} ${ends.from}\n`,
        `update refs/ready/${number} ${ends.head}\n`,
      ]);
      if ((await lines(['update-ref', '--stdin'], updates.join(''))) === null) throw new PullObjectsFault();
      for (const { number, ends } of complete) ready.set(number, ends);
    },

    /** Null when the local objects do not give this diff. */
    async diffOf(number: number): Promise<Uint8Array | 'too_large' | null> {
      const ends = ready.get(number);
      if (ends === undefined) return null;
      const diff = await readDiff(git, [ends.from, ends.head]);
      return diff === 'unreadable' || diff === 'not_held' ? null : diff;
    },
  };
};

export type PullObjects = Awaited<ReturnType<typeof openPullObjects>>;

/** This server gives no git objects; the API may still have the diffs. */
export class PullObjectsFault extends Error {
  override readonly name = 'PullObjectsFault';

  constructor() {
    super('The git objects of the pull requests could not be fetched.');
  }
}

/** Housekeeping would continue in the background, in a folder that may be removed. */
const quiet = { 'gc.auto': '0', 'maintenance.auto': 'false' };

/** False for an absent side (000000) and for a submodule, whose commit belongs to another repository. */
const isContent = (mode: string) => mode !== '000000' && mode !== '160000';
