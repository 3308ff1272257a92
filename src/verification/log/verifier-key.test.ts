import { hexToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { LogFault } from './log-fault.ts';
import { isKeyName, parseVerifierKey, verifierKey, writeVerifierKey } from './verifier-key.ts';

// The example of signed-note, "Verifier keys".
const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const publicKey = hexToBytes('e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4');

test('the example of signed-note is read and written', () => {
  const key = parseVerifierKey(vkey);
  expect(key).toEqual({ name: 'example.com/foo', id: '530d903a', type: 'note', publicKey });
  expect(writeVerifierKey(key)).toBe(vkey);
  expect(verifierKey('example.com/foo', 'note', publicKey)).toEqual(key);
});

test('one public key has different ids for notes and for cosignatures, and under different names', () => {
  const ids = [
    verifierKey('example.com/foo', 'note', publicKey),
    verifierKey('example.com/foo', 'cosignature', publicKey),
    verifierKey('example.com/bar', 'note', publicKey),
  ].map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
});

test('a key whose base64 holds a plus is read, because a name cannot hold one', () => {
  for (let byte = 0; byte < 256; byte++) {
    const key = verifierKey('witness.example/w1', 'cosignature', new Uint8Array(32).fill(byte));
    expect(parseVerifierKey(writeVerifierKey(key))).toEqual(key);
  }
});

test.each([
  ['no plus', 'example.com/foo'],
  ['no key', 'example.com/foo+530d903a+'],
  ['no name', '+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
  ['another id', vkey.replace('530d903a', '530d903b')],
  ['another name', vkey.replace('foo', 'fop')],
  ['an id in upper case', vkey.replace('530d903a', '530D903A')],
  ['a short id', vkey.replace('530d903a', '530d903')],
  ['a space in its name', vkey.replace('/', ' ')],
  ['a no-break space in its name', vkey.replace('/', '\u00a0')],
  ['white space behind', `${vkey}\n`],
  ['another type', 'example.com/foo+530d903a+Aukyeajm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
  ['a short key', 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q=='],
  ['base64 without padding', 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q'],
  ['base64url', vkey.replaceAll('R', '-')],
])('a vkey with %s is malformed', (_, text) => {
  expect(() => parseVerifierKey(text)).toThrow(LogFault);
});

test.each([
  ['', false],
  ['a', true],
  ['example.com/log', true],
  ['localhost:3000/log', true],
  ['Ünïcode', true],
  ['a+b', false],
  ['a b', false],
  ['a\u2003b', false],
  ['a\u0085b', false],
  ['a\u3000', false],
  ['a\nb', false],
  ['a\u0001b', false],
  ['\ud800', false],
])('whether %j can be the name of a key: %s', (name, can) => {
  expect(isKeyName(name)).toBe(can);
  if (!can) expect(() => verifierKey(name, 'note', publicKey)).toThrow(RangeError);
});

test('a key of another length is refused', () => {
  expect(() => verifierKey('a', 'note', publicKey.slice(1))).toThrow(RangeError);
});
