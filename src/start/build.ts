import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLock } from '#db/embedded/lock.ts';
import { projectRoot } from './child.ts';

const output = join(projectRoot, '.next');
const fingerprintFile = join(output, 'sources.sha256');

export const nextProgram = join(projectRoot, 'node_modules/next/dist/bin/next');

/** What goes into a build, besides the packages in the lock file. */
const inputs = [
  'package.json',
  'package-lock.json',
  'next.config.mjs',
  'postcss.config.mjs',
  'tsconfig.json',
];
const isInput = (path: string) =>
  !/\.test\.tsx?$/.test(path) && !/^(?:testing|bench|cli|start)\//.test(path.replaceAll('\\', '/'));

/**
 * A digest of everything that can change the build's output. By content, because a checkout changes dates.
 */
const fingerprint = async (): Promise<string> => {
  const entries = await readdir(join(projectRoot, 'src'), { recursive: true, withFileTypes: true });
  const sources = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length + 1))
    .filter((path) => isInput(path.slice('src/'.length)));
  const hash = createHash('sha256');
  for (const path of [...inputs, ...sources.toSorted()]) {
    hash
      .update(`${path}\0`)
      .update(await readFile(join(projectRoot, path)))
      .update('\0');
  }
  return hash.digest('hex');
};

const isCurrent = async (): Promise<boolean> =>
  existsSync(join(output, 'BUILD_ID')) &&
  (await readFile(fingerprintFile, 'utf8').catch(() => '')) === (await fingerprint());

/** One build at a time: two in one folder would destroy each other's output. */
const whileAlone = async (signal: AbortSignal, work: () => Promise<void>): Promise<void> => {
  const folder = join(projectRoot, 'node_modules/.cache');
  await mkdir(folder, { recursive: true });
  for (;;) {
    signal.throwIfAborted();
    const lock = takeLock(join(folder, 'build.lock'));
    if (lock !== null) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    await sleep(500, undefined, { signal });
  }
};

/** `next build`, silent unless it fails. @throws an error with its output. */
const build = async (environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> => {
  // Taken first: a source that changes during the build makes it outdated.
  const sources = await fingerprint();
  const next = spawn(process.execPath, [nextProgram, 'build'], {
    cwd: projectRoot,
    env: { ...environment, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let said = '';
  next.stdout.on('data', (chunk) => {
    said += chunk;
  });
  next.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(next, 'close');
  if (code !== 0) throw new Error(`The build failed:\n${said.trim()}`);
  await writeFile(fingerprintFile, sources);
};

/**
 * Builds the web application unless the present build is of these sources; `always` builds anyway.
 * @param environment what `next build` runs with; it needs no variable of ours.
 */
export const ensureBuilt = async (
  environment: NodeJS.ProcessEnv,
  options: { always?: boolean; signal: AbortSignal; onStart: () => void },
): Promise<void> => {
  if (!options.always && (await isCurrent())) return;
  options.onStart();
  await whileAlone(options.signal, async () => {
    if (options.always || !(await isCurrent())) await build(environment, options.signal);
  });
};
