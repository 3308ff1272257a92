import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '..');

/** The table of providers, their own folders, what opens them, and the environment's names. */
const mayName = [
  'contracts/judge-providers.ts',
  'verification/judges/providers/',
  'platform/open-judge.ts',
  'env.ts',
  'app/docs/',
];
/** Tests, and the fakes that they speak to. */
const isTest = (file: string) => /\.test\.tsx?$/.test(file) || file.startsWith('testing/');

/** Vendors of judge models, and how their models are called. OpenAI is the name of a protocol too, which oracles speak. */
const vendors = /anthropic|claude|\bgpt-\d|gemini-|mistral/i;

test.each(['ANTHROPIC_API_KEY', 'the anthropicJudge', 'claude-sonnet-5-5', 'gpt-5'])(
  '%s would be seen',
  (text) => {
    expect(text).toMatch(vendors);
  },
);

test('no vendor of judge models, and no model of one, is named outside the table, its folder and the environment', () => {
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
