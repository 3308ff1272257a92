import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toWire } from '#contracts/wire.ts';
import { testedCertificate } from '#testing/builders/stored-certificates.ts';
import { runInProcess } from '#testing/rigs/command-line.ts';

/** A CSI of one character, a bidirectional override and isolate, and a tag that shows nothing. */
const driving = '\u009b2J\u202egnp\u2066\u{e0041}';

test('text in a certificate that would drive a terminal is escaped in JSON, and means the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'echelon-json-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'certificate.json');
  const scoringModel = `model ${driving}`;
  writeFileSync(file, JSON.stringify(toWire({ ...testedCertificate(), scoringModel })));
  const { stdout } = await runInProcess(['inspect', file, '--json']);
  expect(stdout).toContain(String.raw`model \u009b2J\u202egnp`);
  expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(JSON.parse(stdout).certificate.scoring_model).toBe(scoringModel);
});

test('no command shows JSON in another way: only files get it as it is', () => {
  const lines = globSync('*.ts', { cwd: import.meta.dirname, exclude: ['*.test.ts'] }).flatMap((name) =>
    readFileSync(join(import.meta.dirname, name), 'utf8')
      .split('\n')
      .filter((line) => line.includes('JSON.stringify'))
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(lines.filter((line) => !/writeFileAtomic\(|plain\(JSON/.test(line))).toEqual([]);
  expect(lines.length).toBeGreaterThan(0);
});
