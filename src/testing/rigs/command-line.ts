import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { runProgram } from '#cli/commands/program.ts';
import type { Settings } from '#cli/settings.ts';
import { type InputStream, openTerminal } from '#cli/terminal.ts';
import { byProvider, judgeOf, modelJudges } from '#contracts/judge-providers.ts';
import { noProxies } from '#platform/network/proxies.ts';
import { offlineModel } from '#verification/judges/offline/rule.ts';
import { childEnvironment } from './child-environment.ts';

const projectDir = join(import.meta.dirname, '../../..');
const main = join(projectDir, 'src/cli/main.ts');

export type CommandOutcome = { code: number | null; stdout: string; stderr: string };

/** Gives each command its own data directory, unless one is given, so that nothing it keeps reaches the next. */
const inOwnDataDir = async <T>(work: (dataDir: string) => Promise<T>): Promise<T> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-cli-data-'));
  return work(dataDir).finally(() => rm(dataDir, { recursive: true, force: true }));
};

export type CommandOptions = {
  /** Variables besides those of `childEnvironment`. */
  env?: Record<string, string>;
  cwd?: string;
  /** Called once the process runs, for example to send it a signal. */
  onStart?: (child: ChildProcess) => void;
};

/** Runs `echelon-verify` as a separate process with pipes for output, and returns how it ended. */
export const runCommand = (args: string[], options: CommandOptions = {}) =>
  inOwnDataDir((dataDir) => spawnCommand(args, dataDir, options));

const spawnCommand = (args: string[], dataDir: string, { env = {}, cwd, onStart }: CommandOptions) =>
  new Promise<CommandOutcome>((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd,
      env: {
        ...childEnvironment,
        NODE_ENV: process.env.NODE_ENV,
        // Empty counts as unset and overrides what a developer keeps in .env.
        ...Object.fromEntries(
          modelJudges.flatMap(({ variables }) => Object.values(variables)).map((name) => [name, '']),
        ),
        GITHUB_TOKEN: '',
        DATABASE_URL: '',
        OUTBOUND_ALLOW: '',
        DATA_DIR: dataDir,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 150_000,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    onStart?.(child);
  });

/** No judge has a key. */
export const keylessJudges: Settings['judges'] = byProvider((provider) => ({
  key: null,
  url: null,
  model: judgeOf(provider).model === null ? offlineModel : (judgeOf(provider).model?.defaultModel ?? null),
}));

const settings: Omit<Settings, 'dataDir'> = {
  installationUrl: 'http://127.0.0.1:9',
  databaseUrl: null,
  projectDir,
  signingKeys: [],
  githubToken: null,
  githubApiUrl: 'http://127.0.0.1:9',
  githubServerUrl: 'http://127.0.0.1:9',
  proxies: noProxies,
  extraAuthorities: null,
  judges: keylessJudges,
  judgePrices: {},
  outboundAllow: [],
  pythonOracleDir: null,
  userEnvironment: {},
  searchPath: process.env.PATH ?? '/usr/bin:/bin',
};

/** The same within this process, in a tenth of the time, for tests that need no separate one. */
export const runInProcess = (
  args: string[],
  readSettings: (dataDir: string) => Settings = withSettings({}),
  input: InputStream = Readable.from([]),
): Promise<CommandOutcome> =>
  inOwnDataDir(async (dataDir) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const code = await runProgram(args, {
      readSettings: () => readSettings(dataDir),
      terminal: openTerminal(stdout, stderr, input),
      signal: new AbortController().signal,
    });
    const textOf = (stream: PassThrough) => String(stream.read() ?? '');
    return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
  });

export const withSettings = (changes: Partial<Settings>) => (dataDir: string) => ({
  ...settings,
  dataDir,
  ...changes,
});
