import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '..');

/**
 * The table of providers, their folders, the code that opens them, and the names of environment variables. The exam's
 * material is history and claims about it, not code.
 */
const mayName = [
  'contracts/judge-providers.ts',
  'verification/judges/providers/',
  'platform/open-judge.ts',
  'env.ts',
  'app/docs/',
  'verification/exam/changes.json',
  'verification/exam/pairs.json',
];
/** Tests and their fakes. */
const isTest = (file: string) => /\.test\.tsx?$/.test(file) || file.startsWith('testing/');

/** Vendors of judge models and their models' names. OpenAI is missing, because it also names a protocol of oracles. */
const vendors = /anthropic|claude|\bgpt-\d|gemini-|mistral/i;

test.each(['ANTHROPIC_API_KEY', 'the anthropicJudge', 'claude-sonnet-5-5', 'gpt-5'])(
  '%s would be found',
  (text) => {
    expect(text).toMatch(vendors);
  },
);

test('vendors of judge models and their models are named only in the table, its folders and the environment', () => {
  const files = globSync('**/*.{ts,tsx,js,mjs,css,md,json,py}', { cwd: src }).filter(
    (file) => !isTest(file) && !mayName.some((place) => file === place || file.startsWith(place)),
  );
  expect(files.length).toBeGreaterThan(300);
  const named = files.flatMap((file) =>
    readFileSync(join(src, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (vendors.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(named).toEqual([]);
});
