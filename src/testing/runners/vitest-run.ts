import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '#start/child.ts';
import { asOneTest, type Failure, type Outcome, runNode } from './stages.ts';

const vitestReport = z.object({
  numPassedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

const failuresOf = ({ testResults }: z.infer<typeof vitestReport>): Failure[] =>
  testResults.flatMap(({ name, status, message, assertionResults }): Failure[] => {
    const file = relative(projectRoot, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [{ file, test: null, message }];
    return failed.map(({ fullName, failureMessages }) => ({
      file,
      test: fullName,
      message: failureMessages?.[0] ?? '',
    }));
  });

/** Runs the unit and database tests that the arguments select. */
export const runVitest = async (
  argv: string[],
  signal: AbortSignal,
  environment: Record<string, string> = {},
): Promise<Outcome> => {
  const folder = await mkdtemp(join(tmpdir(), 'echelon-verify-report-'));
  try {
    const file = join(folder, 'vitest.json');
    const passed = await runNode(
      [
        join(projectRoot, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${file}`,
        ...argv,
      ],
      signal,
      { environment },
    );
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) return asOneTest(false);
    const report = vitestReport.parse(JSON.parse(text));
    const failures = failuresOf(report);
    return {
      passed: report.numPassedTests,
      // An error outside all tests fails the run but no test.
      failed: Math.max(failures.length, passed ? 0 : 1),
      skipped: report.numPendingTests + report.numTodoTests,
      failures,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
