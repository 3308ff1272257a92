import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from '#start/build.ts';
import { projectRoot } from '#start/child.ts';
import { foreignToolNames, isInstalled, packagesOf } from '../rigs/shell.ts';
import { installByApt } from './apt.ts';
import { runPlaywright } from './playwright-run.ts';
import { asOneTest, minutes, type Outcome, runNode, runStages } from './stages.ts';
import { runVitest } from './vitest-run.ts';

/** `npm test` runs every check, those that find a mistake soonest first. */

const program = (path: string) => join(projectRoot, 'node_modules', path);

const productionBuild = async (signal: AbortSignal): Promise<Outcome> => {
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
// Certificates and the log are also checked with the tools of others. A test that lacks one says so.
for (const name of foreignToolNames) if (!isInstalled(name)) installByApt(...packagesOf(name));

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
      run: (signal) => runVitest(['--project=unit', '--project=database'], signal),
    },
    { name: 'Production build', withinMs: 15 * minutes, run: productionBuild },
    // Both take the built web server, and both wait more than they compute.
    [
      { name: 'Browser tests', withinMs: 30 * minutes, run: runPlaywright },
      {
        name: 'Chaos, short form',
        withinMs: 30 * minutes,
        run: async (signal) =>
          asOneTest(
            await runNode([join(import.meta.dirname, 'chaos.ts'), '--short'], signal, { held: true }),
          ),
      },
    ],
  ]),
);
