import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';

/** Files to write. Null removes a file. */
export type FileChanges = Record<string, string | Uint8Array | null>;

export type CommitRequest = {
  message: string;
  files?: FileChanges;
  author?: string;
  /** RFC 3339. By default, a minute after the previous commit. */
  at?: string;
};

/** A small, real repository in a temporary folder, on the branch `main`. */
export type GitRepository = {
  path: string;
  /** Runs git there and returns its output. Throws if git fails. */
  git(...args: string[]): string;
  /** Runs git there with text on its standard input. */
  feed(args: string[], input: string): void;
  /** Commits to the current branch and returns the hash. */
  commit(request: CommitRequest): string;
  /** Commits `files` on a new branch and merges it, as GitHub's button does. */
  mergePullRequest(request: {
    number: number;
    title: string;
    body?: string;
    files: FileChanges;
    author?: string;
  }): string;
  remove(): void;
};

const environment = (author: string, at: string) => ({
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: author,
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_COMMITTER_NAME: author,
  GIT_COMMITTER_EMAIL: 'author@example.com',
  GIT_AUTHOR_DATE: at,
  GIT_COMMITTER_DATE: at,
});

export const createGitRepository = (options: { objectFormat?: 'sha1' | 'sha256' } = {}): GitRepository => {
  const path = mkdtempSync(join(tmpdir(), 'echelon-git-'));
  let clock = Date.parse('2025-01-01T00:00:00Z');
  const nextTime = () => {
    clock += 60_000;
    return new Date(clock).toISOString();
  };
  const runProgram = (program: string, args: string[], author = 'Ada', at = nextTime(), input = '') => {
    const done = spawnSync(program, args, {
      cwd: path,
      env: { ...process.env, ...environment(author, at) },
      encoding: 'utf8',
      input,
      timeout: 150_000,
    });
    if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.trim();
  };
  const run = (args: string[], author?: string) => runProgram('git', args, author);
  /** Several calls of git by one shell: to start a program from a large process costs more than git itself. */
  const runScript = (script: string, values: string[], author?: string, at?: string) =>
    runProgram('sh', ['-ec', script, 'sh', ...values], author, at);
  const write = (files: FileChanges) => {
    for (const [name, content] of Object.entries(files)) {
      const file = join(path, name);
      if (content === null) rmSync(file);
      else {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    }
  };
  const commit = ({ message, files = {}, author, at }: CommitRequest) => {
    write(files);
    return runScript(
      `git add --all
      git commit --quiet --allow-empty --cleanup=verbatim "--message=$1"
      git rev-parse HEAD`,
      [message],
      author,
      at,
    );
  };
  run(['init', '--quiet', '--initial-branch=main', `--object-format=${options.objectFormat ?? 'sha1'}`]);
  return {
    path,
    git: (...args) => run(args),
    feed: (args, input) => void runProgram('git', args, undefined, undefined, input),
    commit,
    mergePullRequest({ number, title, body = '', files, author }) {
      run(['checkout', '--quiet', '-b', `topic-${number}`]);
      commit({ message: title, files, ...(author !== undefined && { author }) });
      const message = `Merge pull request #${number} from ada/topic-${number}\n\n${title}\n\n${body}`;
      return runScript(
        `git checkout --quiet main
        git merge --quiet --no-ff "--message=$1" "topic-$2"
        git rev-parse HEAD`,
        [message, String(number)],
        'Maintainer',
      );
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
};

/** A program that leaves a file behind when it runs. Tests plant it where a hostile repository would. */
export const plantTrap = (folder: string): { command: string; sprung: string } => {
  const command = join(folder, 'trap.sh');
  const sprung = join(folder, 'sprung');
  writeFileSync(command, `#!/bin/sh\ntouch '${sprung}'\nexit 0\n`);
  chmodSync(command, 0o755);
  return { command, sprung };
};

export type GitServer = {
  /** `http://127.0.0.1:<port>/<name>.git` */
  url: string;
  requests: { url: string; authorization: string | undefined }[];
  close(): Promise<void>;
};

/**
 * Serves a repository by git's smart HTTP protocol on loopback. With `token` it requires that token as basic
 * credentials. With `redirectTo` it redirects every request there. With `silent` it never answers,
 * and with `stallsAfterBytes` it sends so much of an answer and no more. Like GitHub, it
 * serves partial clones and any object by its name.
 */
export const serveGitRepository = async (
  path: string,
  options: {
    token?: string;
    redirectTo?: string;
    silent?: boolean;
    stallsAfterBytes?: number;
    name?: string;
  } = {},
): Promise<GitServer> => {
  const { name = 'repository' } = options;
  const requests: GitServer['requests'] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    requests.push({ url, authorization: request.headers.authorization });
    if (options.silent) return;
    if (options.redirectTo !== undefined) {
      response.writeHead(301, { location: `${options.redirectTo}${url}` }).end();
      return;
    }
    const expected =
      options.token === undefined
        ? undefined
        : `Basic ${Buffer.from(`x-access-token:${options.token}`).toString('base64')}`;
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const advertise = url === `/${name}.git/info/refs?service=git-upload-pack`;
    if (!advertise && url !== `/${name}.git/git-upload-pack`) {
      response.writeHead(404).end();
      return;
    }
    const kind = advertise ? 'advertisement' : 'result';
    response.writeHead(200, { 'content-type': `application/x-git-upload-pack-${kind}` });
    const protocol = String(request.headers['git-protocol'] ?? '');
    const v2 = protocol.includes('version=2');
    if (advertise && !v2) response.write('001e# service=git-upload-pack\n0000');
    const args = [
      '-c',
      'safe.directory=*',
      '-c',
      'uploadpack.allowFilter=true',
      '-c',
      'uploadpack.allowAnySHA1InWant=true',
      'upload-pack',
      '--stateless-rpc',
      ...(advertise ? ['--advertise-refs'] : []),
    ];
    const child = spawn('git', [...args, path], {
      env: { ...process.env, ...environment('server', '2025-01-01T00:00:00Z'), GIT_PROTOCOL: protocol },
    });
    // git compresses long requests.
    if (request.headers['content-encoding'] === 'gzip') request.pipe(createGunzip()).pipe(child.stdin);
    else request.pipe(child.stdin);
    child.stdin.on('error', () => child.kill());
    let sent = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, (options.stallsAfterBytes ?? Number.POSITIVE_INFINITY) - sent);
      sent += part.length;
      response.write(part);
    });
    child.stdout.on('end', () => {
      if (sent !== options.stallsAfterBytes) response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/${name}.git`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
