import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';

/**
 * A value as canonical JSON (RFC 8785): equal values have the same bytes.
 * @throws Error for values without such a form: undefined, numbers that are not finite, lone surrogates, functions.
 */
export const canonicalJson = (value: unknown): string => {
  refuseUnwritable(value, '$');
  const text = canonicalize(value);
  if (text === undefined) throw new Error('This value has no canonical JSON form.');
  return text;
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
