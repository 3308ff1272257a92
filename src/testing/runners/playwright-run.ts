import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { asOneTest, type Failure, type Outcome, runNode } from './stages.ts';

type Suite = z.infer<typeof suite>;

const suite = z.object({
  specs: z.array(
    z.object({
      file: z.string(),
      title: z.string(),
      ok: z.boolean(),
      tests: z.array(
        z.object({ results: z.array(z.object({ errors: z.array(z.object({ message: z.string() })) })) }),
      ),
    }),
  ),
  get suites() {
    return z.array(suite).optional();
  },
});

const playwrightReport = z.object({
  suites: z.array(suite),
  stats: z.object({
    expected: z.number(),
    unexpected: z.number(),
    flaky: z.number(),
    skipped: z.number(),
  }),
});

const failuresOf = ({ specs, suites = [] }: Suite): Failure[] => [
  ...specs
    .filter(({ ok }) => !ok)
    .map(({ file, title, tests }) => ({
      file: join('e2e', file),
      test: title,
      message: tests.flatMap(({ results }) => results.flatMap(({ errors }) => errors))[0]?.message ?? '',
    })),
  ...suites.flatMap(failuresOf),
];

/** Runs the browser tests. */
export const runPlaywright = async (signal: AbortSignal): Promise<Outcome> => {
  const folder = await mkdtemp(join(tmpdir(), 'echelon-verify-report-'));
  try {
    const file = join(folder, 'playwright.json');
    const passed = await runNode([join(import.meta.dirname, 'browser.ts'), '--reporter=list,json'], signal, {
      environment: { PLAYWRIGHT_JSON_OUTPUT_NAME: file },
    });
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) return asOneTest(false);
    const { stats, suites } = playwrightReport.parse(JSON.parse(text));
    return {
      passed: stats.expected,
      // A file that does not load fails the run but no test.
      failed: Math.max(stats.unexpected + stats.flaky, passed ? 0 : 1),
      skipped: stats.skipped,
      failures: suites.flatMap(failuresOf),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
