import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSecretBox } from './secret-box.ts';

const runId = '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11';
const secrets = {
  githubToken: 'ghp_planted',
  oracleUrl: 'https://oracle.example/ask?key=planted',
  oracleHeaders: { Authorization: 'Bearer planted', 'X-Ünused': '✓' },
};
const box = createSecretBox(randomBytes(32));

test('a box sealed for a run opens for that run', () => {
  expect(box.open(runId, box.seal(runId, secrets))).toEqual(secrets);
});

test('a box does not open for another run', () => {
  const sealed = box.seal(runId, secrets);
  expect(() => box.open('8a3b0a30-6f0f-4f4e-9d4c-0d1f7c1f5d22', sealed)).toThrow(/another run/);
});

test('a box does not open with another key, and the message names both keys without their bytes', () => {
  const sealed = box.seal(runId, secrets);
  expect(() => createSecretBox(randomBytes(32)).open(runId, sealed)).toThrow(
    /sealed with key [0-9a-f]{8}, .* SECRETS_KEY/,
  );
});

test('an altered, truncated or malformed box does not open', () => {
  const sealed = box.seal(runId, secrets);
  const [keyId, nonce, body = ''] = sealed.split('.');
  const flipped = `${body.startsWith('A') ? 'B' : 'A'}${body.slice(1)}`;
  expect(() => box.open(runId, `${keyId}.${nonce}.${flipped}`)).toThrow(/altered/);
  expect(() => box.open(runId, `${keyId}.${nonce}.${body.slice(0, 8)}`)).toThrow(/truncated/);
  expect(() => box.open(runId, `${keyId}.${nonce}`)).toThrow(/form/);
  expect(() => box.open(runId, '')).toThrow(/form/);
});

test('two seals of the same secrets share no nonce and reveal nothing', () => {
  const [first, second] = [box.seal(runId, secrets), box.seal(runId, secrets)];
  expect(first.split('.')[1]).not.toBe(second.split('.')[1]);
  expect(Buffer.from(first.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('planted');
});

test('a key of the wrong length is refused', () => {
  expect(() => createSecretBox(randomBytes(16))).toThrow(/32 bytes/);
});

test('during a key change, old boxes open and new ones are sealed with the new key', () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const sealedBefore = createSecretBox(older).seal(runId, secrets);
  const rotating = createSecretBox(newer, older);
  expect(rotating.open(runId, sealedBefore)).toEqual(secrets);
  expect(createSecretBox(newer).open(runId, rotating.seal(runId, secrets))).toEqual(secrets);
  // A process that has not restarted yet has the new key as its second.
  expect(createSecretBox(older, newer).open(runId, rotating.seal(runId, secrets))).toEqual(secrets);
});
