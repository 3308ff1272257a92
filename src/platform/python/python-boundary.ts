import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { z } from 'zod';
import { faultCode } from '#contracts/errors.ts';
import { PythonUnusable } from '#verification/oracles/python-session.ts';
import { type Child, type ChildLimits, findProgram, startChild } from '../children/start-child.ts';

/** Each interpreter may write files of its own up to this size; in a sandbox, up to this size together. */
const scratchBytes = 1024 ** 3;

/** Limits of each interpreter. The host program limits memory and processes before it loads a module. */
export const pythonLimits: ChildLimits = {
  memoryBytes: null,
  // An interpreter serves many calls. The clock bounds each of them.
  cpuSeconds: 24 * 60 * 60,
  fileBytes: scratchBytes,
  openFiles: 4_096,
};

/** Processes and threads of one interpreter, counted where nothing else has its account. */
const maxProcesses = 512;

/**
 * No account of the system has these ids: systemd keeps them free for accounts that exist only while a service runs.
 * Files of the worker that others may not read are out of reach, and its processes cannot be signalled or inspected.
 * Interpreters take turns with them, because the kernel counts an account's processes.
 */
const accounts = { first: 64_000, count: 1_000 };
// Several workers on one machine begin at different places.
let takenAccounts = process.pid;
export const takeAccount = (): number => {
  takenAccounts += 1;
  return accounts.first + (takenAccounts % accounts.count);
};

/** The programs that make a boundary. */
const programs = { sandbox: 'bwrap', account: 'setpriv' };

export type PythonPlace = {
  /** The folder of modules, with links resolved. */
  directory: string;
  /** A user id, for boundaries that change it. */
  account: number;
};

/** What keeps an oracle's code from the rest of this machine. */
export type PythonBoundary = {
  kind: 'sandbox' | 'account' | 'none';
  /** What it keeps out and what it does not, for the operator. */
  statement: string;
  /** Whether each interpreter has a user id of its own. */
  changesAccount: boolean;
  /** Processes that an interpreter may run. Null: its account runs others too, so they cannot be counted. */
  maxProcesses: number | null;
  /** The command that runs the interpreter with these arguments. */
  command(interpreterArgs: string[], place: PythonPlace): [program: string, ...args: string[]];
  /** The interpreter's home and scratch folder. `made`: one is made for each. Null: the system's. */
  scratch: '/tmp' | 'made' | null;
};

const noneStatement =
  'Python oracles run with the rights of this process: limits of the operating system and a process of their own are no boundary. ';

/** For the user's own code on the user's own machine. */
export const noBoundary = (
  why = 'The person who started this program also chose the code.',
): PythonBoundary => ({
  kind: 'none',
  statement: `${noneStatement}${why}`,
  changesAccount: false,
  maxProcesses: null,
  command: (args) => ['python3', ...args],
  scratch: null,
});

const interpreterSchema = z.object({ executable: z.string().min(1), folders: z.array(z.string().min(1)) });
type Interpreter = z.infer<typeof interpreterSchema>;

const lookAround =
  'import json, sys; print(json.dumps({"executable": sys.executable, "folders": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix})}))';

const trialMs = 60_000;

/** Runs a program to its end. Null if it fails or takes too long. */
const outputOf = async (command: [string, ...string[]], searchPath: string): Promise<string | null> => {
  const [program, ...args] = command;
  let child: Child;
  try {
    child = await startChild(program, args, {
      searchPath,
      cwd: '/',
      env: { LANG: 'C.UTF-8' },
      input: false,
      limits: pythonLimits,
    });
  } catch (error) {
    if (faultCode(error) === 'ENOENT') return null;
    throw error;
  }
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-100_000);
  });
  child.stderr.resume();
  const timer = setTimeout(() => child.kill(), trialMs);
  const code = await new Promise<number | null>((resolve) => child.process.on('close', resolve));
  clearTimeout(timer);
  return code === 0 ? output : null;
};

const findInterpreter = async (searchPath: string): Promise<Interpreter> => {
  if ((await findProgram('python3', searchPath)) === null) throw new PythonUnusable(pythonMissing);
  const output = await outputOf(['python3', '-I', '-c', lookAround], searchPath);
  if (output === null) throw new PythonUnusable('python3 is on the PATH but does not run. Reinstall it.');
  return interpreterSchema.parse(JSON.parse(output));
};

export const pythonMissing =
  'python3 is not installed, or not on the PATH. Install Python 3.8 or later, for example with apt-get install python3, and start again.';

const changeAccount = (account: number): [string, ...string[]] => [
  programs.account,
  `--reuid=${account}`,
  `--regid=${account}`,
  '--clear-groups',
  '--no-new-privs',
  '--inh-caps=-all',
  '--bounding-set=-all',
  '--',
];

/** Parts of /etc that programs need to find libraries, names and certificates. */
const shownOfEtc = [
  'alternatives',
  'ca-certificates',
  'crypto-policies',
  'fonts',
  'group',
  'host.conf',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'passwd',
  'pki',
  'resolv.conf',
  'ssl',
].map((name) => `/etc/${name}`);

const isInside = (path: string, folder: string) => path === folder || path.startsWith(`${folder}${sep}`);

/** bwrap makes the folders above a mount, and not always so that the other account may pass through. */
const foldersAbove = (path: string): string[] => {
  const above = dirname(path);
  return above === dirname(above) ? [] : [...foldersAbove(above), '--perms', '0755', '--dir', above];
};

/** The folders at the root that most systems link into /usr. */
const systemFolders = (): string[] =>
  ['/bin', '/sbin', '/lib', '/lib32', '/lib64'].flatMap((path) => {
    if (!existsSync(path)) return [];
    return lstatSync(path).isSymbolicLink()
      ? ['--symlink', readlinkSync(path), path]
      : ['--ro-bind', path, path];
  });

type SandboxOptions = { asRoot: boolean; network: boolean; hidden: string[]; interpreter: Interpreter };

/**
 * A view of the machine that holds the system, Python and the oracles, all read-only, and a scratch folder in memory.
 * Other processes, other folders, the data directory and, unless it is asked for, the network are not in it.
 */
const inSandbox = ({ asRoot, network, hidden, interpreter }: SandboxOptions) => {
  const command = (args: string[], { directory, account }: PythonPlace): [string, ...string[]] => {
    const shown = [...new Set(['/usr', directory, ...interpreter.folders])];
    const isShown = (path: string) => existsSync(path) && shown.some((folder) => isInside(path, folder));
    const mounts = [
      ...shown.map((path) => ({ path, mount: [...foldersAbove(path), '--ro-bind', path, path] })),
      // The oracles' folder may lie in a hidden one. It stays hidden the other way round.
      ...hidden.filter(isShown).map((path) => ({ path, mount: ['--tmpfs', path, '--remount-ro', path] })),
    ].toSorted((a, b) => a.path.length - b.path.length);
    const scratch = ['--perms', '1777', '--size', String(scratchBytes), '--tmpfs'];
    return [
      programs.sandbox,
      '--unshare-ipc',
      '--unshare-pid',
      '--unshare-uts',
      '--unshare-cgroup-try',
      ...(network ? [] : ['--unshare-net']),
      '--die-with-parent',
      // As root it takes on the other account only inside: root can mount what the account may not reach.
      ...(asRoot ? ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((cap) => ['--cap-add', cap]) : []),
      ...systemFolders(),
      ...shownOfEtc.flatMap((path) => ['--ro-bind-try', path, path]),
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      ...scratch,
      '/dev/shm',
      ...scratch,
      '/tmp',
      ...mounts.flatMap(({ mount }) => mount),
      '--remount-ro',
      '/dev',
      '--remount-ro',
      '/',
      '--chdir',
      directory,
      '--',
      ...(asRoot ? changeAccount(account) : []),
      interpreter.executable,
      ...args,
    ];
  };
  return command;
};

/** The first of these that works here, tried by running Python in it. */
const candidatesFor = (options: Omit<SandboxOptions, 'asRoot'>): PythonBoundary[] => {
  const asRoot = process.getuid?.() === 0;
  const networkWords = options.network ? 'with the network of this process' : 'without a network';
  const sandbox: PythonBoundary = {
    kind: 'sandbox',
    statement: `Python oracles run in a sandbox of bubblewrap, ${networkWords}${asRoot ? ', each under a user id of its own' : ''}.`,
    changesAccount: asRoot,
    maxProcesses,
    command: inSandbox({ ...options, asRoot }),
    scratch: '/tmp',
  };
  const other: PythonBoundary = {
    kind: 'account',
    statement: `Python oracles run under user ids of their own. They can reach the network of this process, this machine's ports included, and read what every user may. Install bubblewrap for a sandbox.`,
    changesAccount: true,
    maxProcesses,
    command: (args, { account }) => [...changeAccount(account), options.interpreter.executable, ...args],
    scratch: 'made',
  };
  return asRoot ? [sandbox, other] : [sandbox];
};

export type BoundaryOptions = {
  searchPath: string;
  /** Whether oracles in a sandbox may use the network of this process. */
  network: boolean;
  /** Folders that no oracle may see even if they lie in a folder that it may. */
  hidden: string[];
};

/**
 * The strongest boundary that works on this machine.
 * @throws PythonUnusable if python3 does not run.
 */
export const findBoundary = async (
  { searchPath, network, hidden }: BoundaryOptions,
  kinds: PythonBoundary['kind'][] = ['sandbox', 'account'],
): Promise<PythonBoundary> => {
  const interpreter = await findInterpreter(searchPath);
  const place = { directory: dirname(interpreter.executable), account: takeAccount() };
  for (const candidate of candidatesFor({ network, hidden, interpreter })) {
    if (!kinds.includes(candidate.kind)) continue;
    const output = await outputOf(candidate.command(['-I', '-c', 'print("works")'], place), searchPath);
    if (output === 'works\n') return candidate;
  }
  return noBoundary('Only the operator’s own modules are loaded. Install bubblewrap for a sandbox.');
};
