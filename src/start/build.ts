import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLock } from '#db/embedded/lock.ts';
import { projectRoot } from './child.ts';
import { sourcesDigest } from './sources-digest.ts';

const output = join(projectRoot, '.next');

const nextProgram = join(projectRoot, 'node_modules/next/dist/bin/next');

/** A build's id is the digest of its sources (next.config.mjs); the manifest is the last file of it that a server needs. */
const isCurrent = async (): Promise<boolean> =>
  existsSync(join(output, 'prerender-manifest.json')) &&
  (await readFile(join(output, 'BUILD_ID'), 'utf8').catch(() => '')) === (await sourcesDigest());

/** @throws where development packages are missing, which an installation with a current build does without. */
const requireDevelopmentPackages = async (): Promise<void> => {
  const { devDependencies } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  if (Object.keys(devDependencies).every((name) => existsSync(join(projectRoot, 'node_modules', name))))
    return;
  throw new Error(
    'The web application has to be built from these sources, and the development packages that this needs are not installed: run npm install --include=dev.',
  );
};

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

const tellEveryMs = 15_000;

/** Tells now and then for how many seconds `work` has taken: on a slow machine silence would look like an end. */
export const tellingElapsed = async <T>(
  tell: (seconds: number) => void,
  work: () => Promise<T>,
): Promise<T> => {
  const startedAt = performance.now();
  const timer = setInterval(() => tell(Math.round((performance.now() - startedAt) / 1_000)), tellEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
};

/** `next build`, silent unless it fails. @throws an error with its output. */
const build = async (environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> => {
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
};

/**
 * Builds the web application unless the present build is of these sources; `always` builds anyway.
 * @param environment what `next build` runs with; it needs no variable of ours.
 */
export const ensureBuilt = async (
  environment: NodeJS.ProcessEnv,
  options: {
    always?: boolean;
    signal: AbortSignal;
    onStart: () => void;
    onStillBuilding?: (seconds: number) => void;
  },
): Promise<void> => {
  if (!options.always && (await isCurrent())) return;
  await requireDevelopmentPackages();
  options.onStart();
  await tellingElapsed(options.onStillBuilding ?? (() => {}), () =>
    whileAlone(options.signal, async () => {
      if (options.always || !(await isCurrent())) await build(environment, options.signal);
    }),
  );
};
