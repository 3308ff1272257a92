import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';
import { readUtf8 } from '../log/encoding.ts';

/**
 * A value as canonical JSON (RFC 8785): equal values have the same bytes.
 * @throws Error for values without such a form: undefined, numbers that are not finite, lone surrogates, functions;
 * and for numbers beyond 2^53−1, which readers in other languages take for other integers. Those are written as text.
 */
export const canonicalJson = (value: unknown): string => {
  refuseUnwritable(value, '$');
  const text = canonicalize(value);
  if (text === undefined) throw new Error('This value has no canonical JSON form.');
  return text;
};

/**
 * The value of a document that must be canonical to the byte, as one whose bytes were signed must.
 * @throws Error for bytes that are not UTF-8, not JSON, or another spelling of their value than the canonical one.
 */
export const readCanonicalJson = (bytes: Uint8Array): unknown => {
  const text = readUtf8(bytes);
  const value: unknown = JSON.parse(text);
  if (canonicalJson(value) !== text) throw new Error('This JSON is not in canonical form.');
  return value;
};

/** SHA-256 over the UTF-8 bytes of the canonical form, in hexadecimal digits. */
export const canonicalDigest = (value: unknown): string =>
  bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));

/** The library omits such members or writes something else for them. Here they are errors. */
const refuseUnwritable = (value: unknown, path: string): void => {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new Error(`${path} holds a lone surrogate.`);
    return;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`${path} is not a finite number.`);
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new Error(`${path} is a number beyond 2^53−1.`);
    return;
  }
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) refuseUnwritable(item, `${path}[${at}]`);
    return;
  }
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    for (const [name, item] of Object.entries(value)) {
      refuseUnwritable(name, `a name in ${path}`);
      refuseUnwritable(item, `${path}.${name}`);
    }
    return;
  }
  throw new Error(
    `${path} is ${value === undefined ? 'undefined' : `a ${typeof value}`}, which JSON cannot represent.`,
  );
};
