import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ensureBuilt } from '#start/build.ts';
import { projectRoot } from '#start/child.ts';
import { installByApt } from './apt.ts';
import { asOneTest, type Count, minutes, runNode, runStages } from './stages.ts';
import { runVitest } from './vitest-run.ts';

/** `npm test` runs every check, those that find a mistake soonest first. */

const program = (path: string) => join(projectRoot, 'node_modules', path);

const playwrightReport = z.object({
  stats: z.object({
    expected: z.number(),
    unexpected: z.number(),
    flaky: z.number(),
    skipped: z.number(),
  }),
});

const browserTests = async (signal: AbortSignal): Promise<Count> => {
  const folder = await mkdtemp(join(tmpdir(), 'echelon-verify-report-'));
  try {
    const file = join(folder, 'playwright.json');
    const passed = await runNode([join(import.meta.dirname, 'browser.ts'), '--reporter=list,json'], signal, {
      PLAYWRIGHT_JSON_OUTPUT_NAME: file,
    });
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) return asOneTest(false);
    const { expected, unexpected, flaky, skipped } = playwrightReport.parse(JSON.parse(text)).stats;
    // A file that does not load fails the run but no test.
    return { passed: expected, failed: Math.max(unexpected + flaky, passed ? 0 : 1), skipped };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const productionBuild = async (signal: AbortSignal): Promise<Count> => {
  try {
    await ensureBuilt(process.env, { always: true, signal, onStart: () => {} });
    return asOneTest(true);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return asOneTest(false);
  }
};

// Python oracles are tested in a real interpreter. Without one their tests fail and say what to install.
if (spawnSync('python3', ['--version'], { stdio: 'ignore' }).status !== 0) installByApt('python3');
// Their sandbox is tested where it can be made.
if (process.platform === 'linux' && spawnSync('bwrap', ['--version'], { stdio: 'ignore' }).status !== 0)
  installByApt('bubblewrap');

process.exit(
  await runStages([
    {
      name: 'Type check',
      withinMs: 10 * minutes,
      // The types of the routes are generated, so a fresh clone lacks them.
      run: async (signal) =>
        asOneTest(
          (await runNode([program('next/dist/bin/next'), 'typegen'], signal)) &&
            (await runNode([program('typescript/bin/tsc'), '--noEmit'], signal)),
        ),
    },
    {
      name: 'Biome',
      withinMs: 5 * minutes,
      run: async (signal) =>
        asOneTest(
          await runNode([program('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'], signal),
        ),
    },
    {
      name: 'Unit and database tests',
      withinMs: 60 * minutes,
      run: async (signal) => (await runVitest([], signal)).count,
    },
    { name: 'Production build', withinMs: 15 * minutes, run: productionBuild },
    { name: 'Browser tests', withinMs: 30 * minutes, run: browserTests },
    {
      name: 'Chaos, short form',
      withinMs: 30 * minutes,
      // After the build, because the built web server is one of the processes it strikes.
      run: async (signal) =>
        asOneTest(await runNode([join(import.meta.dirname, 'chaos.ts'), '--short'], signal)),
    },
  ]),
);
