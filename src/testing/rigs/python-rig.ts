import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { noBoundary } from '#platform/python/python-boundary.ts';
import { pythonStarter } from '#platform/python/python-process.ts';
import type { LocalOracle } from '#verification/oracles/oracle.ts';
import {
  type PythonOracleOptions,
  type PythonOraclePorts,
  pythonOracle,
} from '#verification/oracles/python.ts';

/** For `beforeAll`. Says once what is missing. */
export const requirePython = () => {
  try {
    execFileSync('python3', ['-c', 'import sys; assert sys.version_info >= (3, 8)'], { stdio: 'ignore' });
  } catch {
    throw new Error(
      'These tests run real Python oracles. Put python3 (3.8 or later) on the PATH, for example with apt-get install python3.',
    );
  }
};

/** The oracle `verify` of a module with this text, in its own folder. Both are removed when the test ends. */
export const pythonOracleOf = (
  text: string,
  options: Partial<PythonOracleOptions> = {},
  sleep: PythonOraclePorts['sleep'] = (ms, signal) => delay(ms, undefined, { signal }),
): LocalOracle & { folder: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'python-oracle-'));
  writeFileSync(join(folder, 'mine.py'), text);
  const oracle = pythonOracle(
    {
      start: pythonStarter({
        searchPath: process.env.PATH ?? '',
        directory: folder,
        confined: true,
        boundary: async () => noBoundary(),
      }),
      sleep,
      now: Date.now,
    },
    { module: 'mine', callable: 'verify', ...options },
  );
  onTestFinished(async () => {
    await oracle.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { ...oracle, folder };
};

export const sampleRequest: OracleRequest = {
  pr: { id: '142', title: 'T', description: 'D', diff_content: '+ü\u2028\ud800', files_changed: ['a.ts'] },
  follow_up_question: 'Why?',
};

/** The same question about another change. */
export const askedAbout = (id: string): OracleRequest => ({
  ...sampleRequest,
  pr: { ...sampleRequest.pr, id },
});

/** The oracle's answer, or why it gave none, in words. */
export const detailOf = async (oracle: LocalOracle, of = sampleRequest) => {
  const outcome = await oracle.ask(of);
  return outcome.kind === 'failure' ? outcome.detail : `answered: ${outcome.answer.summary}`;
};
