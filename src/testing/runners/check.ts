import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ensureBuilt } from '#start/build.ts';
import { installByApt } from './apt.ts';

/**
 * `npm test`: every check, one after another, also after one that failed; at the end one line says how many tests
 * passed and failed. A check that is not a test runner counts as one test.
 */

const projectRoot = join(import.meta.dirname, '../../..');
const reports = join(projectRoot, 'node_modules/.cache/checks');
const program = (path: string) => join(projectRoot, 'node_modules', path);

type Count = { passed: number; failed: number; skipped: number };

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

const node = async (argv: string[], environment: Record<string, string> = {}): Promise<boolean> => {
  const child = spawn(process.execPath, argv, {
    cwd: projectRoot,
    stdio: 'inherit',
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...environment },
  });
  // The terminal's Ctrl-C reaches it by itself; a SIGTERM to us alone would not.
  const forward = () => child.kill('SIGTERM');
  stopping.signal.addEventListener('abort', forward, { once: true });
  const [code] = await once(child, 'exit');
  stopping.signal.removeEventListener('abort', forward);
  return code === 0;
};

const one = (passed: boolean): Count => ({ passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 });

/** A runner that failed although none of its tests did (a file that does not load, say) still failed once. */
const honest = (count: Count, passed: boolean): Count =>
  passed || count.failed > 0 ? count : { ...count, failed: 1 };

const readReport = async <T>(file: string, schema: z.ZodType<T>): Promise<T | null> => {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : schema.parse(JSON.parse(text));
};

const vitestReport = z.object({
  numPassedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

const unitAndDatabaseTests = async (): Promise<Count> => {
  const file = join(reports, 'vitest.json');
  const passed = await node([
    program('vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const report = await readReport(file, vitestReport);
  if (report === null) return one(false);
  const failed = report.testResults.map(({ status, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed').length;
    return status === 'failed' ? Math.max(tests, 1) : tests;
  });
  return honest(
    {
      passed: report.numPassedTests,
      failed: failed.reduce((sum, count) => sum + count, 0),
      skipped: report.numPendingTests + report.numTodoTests,
    },
    passed,
  );
};

const playwrightReport = z.object({
  stats: z.object({
    expected: z.number(),
    unexpected: z.number(),
    flaky: z.number(),
    skipped: z.number(),
  }),
});

const browserTests = async (): Promise<Count> => {
  const file = join(reports, 'playwright.json');
  const passed = await node([join(import.meta.dirname, 'browser.ts'), '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  const report = await readReport(file, playwrightReport);
  if (report === null) return one(false);
  const { expected, unexpected, flaky, skipped } = report.stats;
  return honest({ passed: expected, failed: unexpected + flaky, skipped }, passed);
};

const productionBuild = async (): Promise<Count> => {
  try {
    await ensureBuilt(process.env, { always: true, signal: stopping.signal, onStart: () => {} });
    return one(true);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return one(false);
  }
};

const checks: [string, () => Promise<Count>][] = [
  // The types of the routes are generated; a fresh clone has none.
  [
    'Type check',
    async () =>
      one(
        (await node([program('next/dist/bin/next'), 'typegen'])) &&
          (await node([program('typescript/bin/tsc'), '--noEmit'])),
      ),
  ],
  [
    'Biome and layer rules',
    async () => one(await node([program('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'])),
  ],
  ['Unit and database tests', unitAndDatabaseTests],
  ['Production build', productionBuild],
  ['Browser tests', browserTests],
  // After the build: its web server is one of the processes that are struck.
  ['Chaos, in short', async () => one(await node([join(import.meta.dirname, 'chaos.ts'), '--short']))],
];

// Python oracles are tried in a real interpreter. Where there is none their tests fail, and say what to install.
if (spawnSync('python3', ['--version'], { stdio: 'ignore' }).status !== 0) installByApt('python3');

await rm(reports, { recursive: true, force: true });
await mkdir(reports, { recursive: true });
const total: Count = { passed: 0, failed: 0, skipped: 0 };
for (const [name, check] of checks) {
  if (stopping.signal.aborted) break;
  process.stdout.write(`\n── ${name}\n`);
  const count = await check();
  process.stdout.write(`${name}: ${count.failed === 0 ? 'passed' : 'FAILED'}\n`);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
}
if (stopping.signal.aborted) {
  process.stdout.write('\nInterrupted: the remaining checks did not run.\n');
  total.failed += 1;
}
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`,
);
process.exit(total.failed === 0 ? 0 : 1);
