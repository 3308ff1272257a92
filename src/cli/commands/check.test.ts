import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { changes, modelAt, openVerifyRig } from '#testing/rigs/verify-rig.ts';

const { folder, startOracle, startModel, closeServers, remove } = openVerifyRig();
afterEach(closeServers);
afterAll(remove);

const dataDir = join(folder, 'data');
const own = () => withSettings({ dataDir })('');
/** The same program for somebody else. */
const stranger = () => withSettings({ dataDir: join(folder, 'stranger') })('');
const out = join(folder, 'run');
const keyFile = join(dataDir, 'command-line-signing-key');
const textOf = (...path: string[]) => readFileSync(join(out, ...path), 'utf8');

beforeAll(async () => {
  const oracle = await startOracle();
  const args = ['verify', changes, '--oracle-url', `${oracle.url}?key=planted`, '--judge', 'offline'];
  const outcome = await runInProcess([...args, '--limit', '3', '--out', out, '--since', '2020-01-01'], own);
  expect(outcome).toMatchObject({ code: 0 });
});

const check = (place: string, args: string[], settings = own) =>
  runInProcess(['check', place, ...args], settings);

/** A copy of the run's folder in which one file has another content. */
const altered = (name: string, file: string, change: (text: string) => string) => {
  const copy = join(folder, name);
  cpSync(out, copy, { recursive: true });
  writeFileSync(join(copy, file), change(textOf(file)));
  return copy;
};

test('a certificate of one’s own is valid offline, by its folder and by its files', async () => {
  for (const place of [out, join(out, 'certificate.json'), join(out, 'certificate.jws')]) {
    const outcome = await check(place, ['--offline']);
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('Valid.') });
    expect(outcome.stderr).toContain('no entry in a log');
    expect(outcome.stderr).toContain('stays UNVERIFIED');
  }
});

test('without --offline it is undecided, because no log was asked whether it was revoked', async () => {
  expect(await check(out, [])).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('revocation_unknown'),
  });
});

test('a stranger’s check is undecided until the issuer’s key is named, by file or by thumbprint', async () => {
  const asked = await check(out, ['--offline'], stranger);
  expect(asked).toMatchObject({ code: 2, stdout: expect.stringContaining('unknown_issuer') });
  const keys = join(folder, 'issuer.json');
  copyFileSync(join(out, 'jwks.json'), keys);
  const { kid } = JSON.parse(textOf('jwks.json')).keys[0];
  for (const named of [keys, kid])
    expect(await check(out, ['--offline', '--keys', named], stranger)).toMatchObject({ code: 0 });
  const other = await check(out, ['--offline', '--keys', [...kid].reverse().join('')], stranger);
  expect(other).toMatchObject({ code: 2, stdout: expect.stringContaining('unknown_issuer') });
});

test('what was changed is said with its code, in text and as JSON', async () => {
  const document = altered('document', 'certificate.json', (text) => text.replace('"brier":', '"brier":1'));
  const evidence = altered('evidence', 'evidence.jsonl', (text) => text.replace('"scored"', '"unscored"'));
  const signature = altered('signature', 'certificate.jws', (text) => text.replace(/.{4}$/, 'AAAA'));
  for (const [place, code] of [
    [document, 'document'],
    [evidence, 'evidence_root'],
    [signature, 'signature'],
  ] as const) {
    expect(await check(place, ['--offline'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`  ${code}: `),
    });
    const { stdout } = await check(place, ['--offline', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'invalid', failures: [{ code }] });
  }
});

test('a certificate that a model judged, with a baseline and agreement, is valid', async () => {
  const [oracle, model] = [await startOracle(), await startModel()];
  const place = join(folder, 'modelled');
  const settings = () => withSettings({ dataDir, ...modelAt(model.url) })('');
  const args = ['verify', changes, '--oracle-url', oracle.url, '--limit', '4', '--agreement-sample', '0.5'];
  expect(await runInProcess([...args, '--out', place], settings)).toMatchObject({ code: 0 });
  const outcome = await check(place, ['--offline', '--json']);
  expect(JSON.parse(outcome.stdout)).toMatchObject({
    verdict: 'valid',
    disagreements: [],
    document: { method: { judge: { provider: 'anthropic' }, agreement: { share: 0.5 } } },
  });
});

test('the document holds what the owner chose and what was tested, and no secret of the address', async () => {
  const document = JSON.parse(textOf('certificate.json'));
  expect(document).toMatchObject({
    type: 'echelon-certificate/v1',
    tier: 'UNVERIFIED',
    subject: { oracle_type: 'http', confirmed: false, origin: expect.stringMatching(/^http:\/\/127/) },
    ground_truth: { since: '2020-01-01', label: null, limit: 3, drawn: 3 },
    method: { seed_source: 'verifier', blinded: false, economy: false, engine: { version: '0.1.0' } },
    evidence: { count: 3 },
    registration: null,
  });
  expect(Date.parse(document.expires_at) - Date.parse(document.issued_at)).toBe(90 * 86_400_000);
  expect(textOf('certificate.json')).not.toContain('planted');
  // The payload of the signature, byte for byte.
  const [, payload = ''] = textOf('certificate.jws').split('.');
  expect(Buffer.from(payload, 'base64url').toString()).toBe(textOf('certificate.json'));
});

test('the key is made once, for its owner alone, and never reaches the run’s folder', async () => {
  const secret = readFileSync(keyFile, 'utf8').trim();
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  for (const name of ['certificate.json', 'certificate.jws', 'jwks.json', 'evidence.jsonl', 'run.json'])
    expect(textOf(name)).not.toContain(secret);
  const oracle = await startOracle();
  const second = join(folder, 'second');
  const args = ['verify', changes, '--oracle-url', oracle.url, '--judge', 'offline', '--limit', '2'];
  await runInProcess([...args, '--out', second], own);
  expect(readFileSync(join(second, 'jwks.json'), 'utf8')).toBe(textOf('jwks.json'));
});

test('SIGNING_KEY signs instead, its older keys stay in the key set, and nothing is kept', async () => {
  const oracle = await startOracle();
  const [place, elsewhere] = [join(folder, 'given'), join(folder, 'no-key')];
  const signingKeys = ['ab'.repeat(32), Buffer.alloc(32, 7).toString('base64')];
  const settings = () => withSettings({ dataDir: elsewhere, signingKeys })('');
  const args = ['verify', changes, '--oracle-url', oracle.url, '--judge', 'offline', '--limit', '2'];
  expect(await runInProcess([...args, '--out', place], settings)).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(join(place, 'jwks.json'), 'utf8')).keys).toHaveLength(2);
  expect(await check(place, ['--offline'], settings)).toMatchObject({ code: 0 });
  expect(() => statSync(join(elsewhere, 'command-line-signing-key'))).toThrow('ENOENT');
});

test('what cannot be checked is refused with exit code 2, and the message says what is missing', async () => {
  const bare = join(folder, 'bare');
  mkdirSync(bare);
  expect(await check(bare, [])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('no signature'),
  });
  expect(await check(join(folder, 'nowhere'), [])).toMatchObject({ code: 2, stdout: '' });
  const without = altered('without', 'evidence.jsonl', (text) => text);
  rmSync(join(without, 'evidence.jsonl'));
  expect(await check(without, [])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('evidence.jsonl'),
  });
  const evidence = join(out, 'evidence.jsonl');
  expect(await check(without, ['--offline', '--evidence', evidence])).toMatchObject({ code: 0 });
  expect(await check(out, ['--keys', changes])).toMatchObject({ code: 2, stdout: '' });
});
