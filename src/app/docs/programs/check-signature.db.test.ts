import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { issuedRig, servePublicFiles } from '#testing/rigs/issued-rig.ts';
import { runShell, skipWithout } from '#testing/rigs/shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'echelon-signature-'));
afterAll(() => rmSync(folder, { recursive: true }));
const jwks = '/.well-known/jwks.json';
const program = join(import.meta.dirname, 'check-signature.sh');

/** A digit or letter of base64url in place of another one, at `from` of a text. */
const changedAt = (text: string, from: number) =>
  `${text.slice(0, from)}${text[from] === 'A' ? 'B' : 'A'}${text.slice(from + 1)}`;

test('standard tools verify the signature of a served certificate, and refuse what was altered', async (context) => {
  skipWithout(context, 'curl', 'python3', 'OpenSSL 3');
  const rig = await issuedRig();
  let altered: Record<string, string> = {};
  const server = await servePublicFiles(rig, (path) => {
    const text = altered[path.replace(`/certificates/${rig.certificateId}`, '')];
    return text === undefined ? undefined : new Response(text);
  });
  onTestFinished(server.close);
  /** As served but for `changes`, and with the keys that are served then. */
  const check = async (changes: Record<string, string>) => {
    altered = changes;
    return runShell(
      folder,
      `curl -fsS ${server.url}${jwks} -o keys.json
      sh ${program} ${server.url}/certificates/${rig.certificateId} keys.json`,
    );
  };
  const [document, jws] = [await rig.text('json'), await rig.text('jws')];
  const [header = '', payload = '', signature = ''] = jws.split('.');
  const [key] = (await rig.keySet()).keys as Record<string, string>[];
  const keys = (changed: Record<string, string>) => JSON.stringify({ keys: [{ ...key, ...changed }] });
  const headed = (changed: object) => {
    const named = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), ...changed };
    return `${Buffer.from(JSON.stringify(named)).toString('base64url')}.${payload}.${signature}`;
  };
  const forged = document.replace('"tier":"UNVERIFIED"', '"tier":"PROVEN"');
  expect(forged).not.toBe(document);

  const untouched = await check({});
  expect(untouched.output).toContain('Signature Verified Successfully');
  expect(untouched.code).toBe(0);
  const forgery = Buffer.from(forged).toString('base64url');
  for (const [name, changes, words] of [
    ['the document', { '.json': forged }, /differ/],
    [
      'the document and what is signed',
      { '.json': forged, '.jws': `${header}.${forgery}.${signature}` },
      /Failure/,
    ],
    ['the document by its last byte', { '.json': `${document}\n` }, /EOF/],
    [
      'the first letter of the signature',
      { '.jws': `${header}.${payload}.${changedAt(signature, 0)}` },
      /Failure/,
    ],
    [
      'bits of the signature that are not used',
      { '.jws': `${jws.slice(0, -1)}${{ A: 'B', Q: 'R', g: 'h', w: 'x' }[jws.at(-1) ?? '']}` },
      /base64url/,
    ],
    ['the signature’s length', { '.jws': jws.slice(0, -4) }, /./],
    ['the signature, which is not there', { '.jws': `${header}.${payload}.` }, /./],
    ['the algorithm', { '.jws': headed({ alg: 'none' }) }, /unknown header/],
    ['the header, with a key of its own', { '.jws': headed({ jwk: key }) }, /unknown header/],
    ['the header’s type', { '.jws': headed({ typ: 'other' }) }, /Failure/],
    ['the key', { [jwks]: keys({ x: changedAt(key?.x ?? '', 5) }) }, /Failure|error/i],
    ['the key’s id', { [jwks]: keys({ kid: 'another' }) }, /None of your keys has the id/],
    ['the key’s curve', { [jwks]: keys({ crv: 'X25519' }) }, /None of your keys has the id/],
  ] as const) {
    const outcome = await check(changes);
    expect(outcome.code, `${name}: ${outcome.output}`).toBe(1);
    expect(outcome.output, name).toMatch(words);
  }
});
