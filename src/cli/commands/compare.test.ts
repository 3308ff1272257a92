import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { toWire } from '#contracts/wire.ts';
import { dependentCertificate } from '#testing/builders/dependent-certificate.ts';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { pText } from './compare.ts';

const folder = mkdtempSync(join(tmpdir(), 'compare-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kept = (name: string, replays: number) => {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(toWire({ ...dependentCertificate(1, replays), constructId: name })));
  return file;
};

test('certificates are compared pair by pair, and what cannot be compared says why', async () => {
  const [one, same, few] = [kept('one', 60), kept('same', 60), kept('few', 20)];
  const outcome = await runInProcess(['compare', one, same, few]);
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stdout).toContain('1 one minus 2 same: 0.000 on');
  expect(outcome.stdout).toContain('1 one and 3 few cannot be compared.');
  expect(outcome.stdout).toContain('and a comparison needs 30.');
  const { stdout } = await runInProcess(['compare', one, same, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    compared: [{ a: 0, b: 1, difference: { mean: 0, differing: 0, design_effect: expect.any(Number) } }],
    incomparable: [],
  });
  expect(await runInProcess(['compare', one, few])).toMatchObject({ code: 1 });
});

test('a single certificate, or a file that is not a certificate, is refused', async () => {
  const one = kept('alone', 40);
  expect(await runInProcess(['compare', one])).toMatchObject({ code: 2 });
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{}');
  expect(await runInProcess(['compare', one, broken])).toMatchObject({ code: 2 });
});

test.each([
  [0, 'p < 0.0001'],
  [1e-9, 'p < 0.0001'],
  [0.00012, 'p 0.0001'],
  [0.5, 'p 0.5000'],
])('a p value of %d is shown as %s', (p, text) => {
  expect(pText(p)).toBe(text);
});
