import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64urlnopad } from '@scure/base';
import { publicKeyBytes, verifyEd25519 } from '../log/ed25519.ts';
import { readUtf8 } from '../log/encoding.ts';
import { canonicalJson } from './canonical.ts';

/**
 * The signature of a certificate: a compact JWS (RFC 7515) by an Ed25519 key (RFC 9864), whose id is its RFC 7638
 * thumbprint.
 */
export const jwsType = 'echelon-certificate+jws';

/** The header that an issuer writes. `EdDSA` is what RFC 8037 called the algorithm. */
export type JwsHeader = { alg: 'Ed25519'; kid: string; typ: typeof jwsType };

/**
 * An issuer's public key, as a JWKS serves it (RFC 8037, section 2). `x` is the key's 32 bytes in base64url.
 */
export type PublicJwk = {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
  alg: 'Ed25519';
  kid: string;
  use: 'sig';
  /** Absent as long as it may sign. `log_index` is that of the entry that retired it. */
  retired?: { log_index: number; at: string; compromised: boolean };
};

/** A key that may not sign any more. Its signatures count where the log held them before the entry at `index`. */
export type RetiredKey = { publicKey: Uint8Array; index: number };

/**
 * Why a signature does not hold:
 * - `malformed`: not three parts in base64url, or the header is not a JSON object.
 * - `algorithm`, `type`: the header names another one.
 * - `header`: it holds other members, such as `jwk`, `jku`, `x5u`, `crit` or `b64`, which choose keys or rules.
 * - `unknown key`: no given key has the header's id.
 * - `bad signature`: the key has not signed these bytes.
 */
export type JwsFailure = 'malformed' | 'algorithm' | 'type' | 'header' | 'unknown key' | 'bad signature';

export type JwsVerification =
  | { ok: true; payload: Uint8Array; kid: string }
  | { ok: false; failure: JwsFailure };

/** The RFC 7638 thumbprint of an Ed25519 key of 32 bytes (RFC 8037, appendix A.3), in base64url. */
export const thumbprintOf = (publicKey: Uint8Array): string =>
  base64urlnopad.encode(
    sha256(utf8ToBytes(canonicalJson({ crv: 'Ed25519', kty: 'OKP', x: base64urlnopad.encode(publicKey) }))),
  );

/** @param publicKey 32 bytes. */
export const writeJwk = (publicKey: Uint8Array): PublicJwk => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x: base64urlnopad.encode(publicKey),
  alg: 'Ed25519',
  kid: thumbprintOf(publicKey),
  use: 'sig',
});

const readBase64Url = (text: string): Uint8Array | null => {
  try {
    return base64urlnopad.decode(text);
  } catch {
    return null;
  }
};

/** The 32 bytes of a public Ed25519 key, or null for other values and other kinds of key. */
export const readJwk = (jwk: unknown): Uint8Array | null => {
  const { kty, crv, x, d } = { ...(jwk as Partial<Record<'kty' | 'crv' | 'x' | 'd', unknown>> | null) };
  // A private key has `d`, and does not belong where public ones are read.
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || d !== undefined) return null;
  const key = readBase64Url(x);
  return key?.length === publicKeyBytes ? key : null;
};

/** The same key with what its set says of its retirement. Null: it may sign, or is no such key. */
export const readRetired = (jwk: unknown): RetiredKey | null => {
  const publicKey = readJwk(jwk);
  const { retired } = { ...(jwk as { retired?: unknown } | null) };
  const { log_index: index } = { ...(retired as { log_index?: unknown } | null | undefined) };
  if (publicKey === null || retired === undefined) return null;
  // Without an index that can be read nothing shows that a signature was earlier.
  return { publicKey, index: typeof index === 'number' && Number.isSafeInteger(index) ? index : 0 };
};

const readHeader = (bytes: Uint8Array): Record<string, unknown> | null => {
  try {
    const header: unknown = JSON.parse(readUtf8(bytes));
    return typeof header === 'object' && header !== null && !Array.isArray(header) ? { ...header } : null;
  } catch {
    return null;
  }
};

/** The bytes that a JWS claims to sign, not verified. Null if it has none. */
export const statedPayload = (jws: string): Uint8Array | null => readBase64Url(jws.split('.', 2)[1] ?? '');

const failed = (failure: JwsFailure): JwsVerification => ({ ok: false, failure });

/**
 * Verifies a certificate's signature.
 * @param jws The compact serialisation, to the character.
 * @param keys The issuer's public keys, 32 bytes each, which the caller trusts: none is taken from the signature.
 * @returns The payload's bytes, which are the document to the byte, and the id of the key.
 */
export const verifyJws = (jws: string, keys: Uint8Array[]): JwsVerification => {
  const parts = jws.split('.', 4);
  const [headerBytes, payload, signature] = parts.map(readBase64Url);
  if (parts.length !== 3 || !headerBytes || !payload || !signature) return failed('malformed');
  const header = readHeader(headerBytes);
  if (header === null) return failed('malformed');
  const { alg, typ, kid, ...others } = header;
  if (alg !== 'Ed25519' && alg !== 'EdDSA') return failed('algorithm');
  if (typ !== jwsType) return failed('type');
  if (Object.keys(others).length > 0) return failed('header');
  const key = keys.find((each) => thumbprintOf(each) === kid);
  if (key === undefined || typeof kid !== 'string') return failed('unknown key');
  const message = utf8ToBytes(jws.slice(0, jws.lastIndexOf('.')));
  return verifyEd25519(key, message, signature) ? { ok: true, payload, kid } : failed('bad signature');
};
