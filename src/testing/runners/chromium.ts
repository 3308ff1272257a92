import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';
import { installByApt } from './apt.ts';

/** Whether it starts. Existing is not enough: a snap's launcher exists in a container but starts nothing. */
const runs = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;

const systemNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const onPath = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => systemNames.map((name) => join(folder, name)))
    .find((file) => existsSync(file) && runs(file));

const byApt = (): string | undefined => (installByApt('chromium') ? onPath() : undefined);

const packaged = '@sparticuz/chromium@153.0.0';

/** A Chromium from the npm registry, for those who may not install one. It is no dependency, to spare the others. */
const byNpm = async (): Promise<string | undefined> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const folder = join(import.meta.dirname, '../../../node_modules/.cache/chromium');
  const inFolder = createRequire(join(folder, 'package.json'));
  try {
    if (!existsSync(join(folder, 'node_modules'))) {
      process.stdout.write(`Installing ${packaged}…\n`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
      execFileSync('npm', ['install', '--no-save', packaged], {
        cwd: folder,
        stdio: 'ignore',
        timeout: 300_000,
      });
    }
    const { default: package_ } = await import(pathToFileURL(inFolder.resolve('@sparticuz/chromium')).href);
    const program: string = await package_.executablePath();
    return runs(program) ? program : undefined;
  } catch {
    return undefined;
  }
};

/**
 * A Chromium for the browser tests: CHROMIUM_PATH, else the system's, Playwright's own, one that apt-get installs, or
 * one from the npm registry.
 * @throws with what to do if there is none, because the tests are never skipped.
 */
export const findChromium = async (): Promise<string> => {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (runs(named)) return named;
    throw new Error(`CHROMIUM_PATH is ${named}, which does not start.`);
  }
  const own = chromium.executablePath();
  const found = onPath() ?? (existsSync(own) && runs(own) ? own : undefined) ?? byApt() ?? (await byNpm());
  if (found !== undefined) return found;
  throw new Error(
    'The browser tests need Chromium, and none was found or could be installed. Install it (Debian, Ubuntu: sudo apt-get install chromium), or set CHROMIUM_PATH to one.',
  );
};
