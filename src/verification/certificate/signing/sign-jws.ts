import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64urlnopad } from '@scure/base';
import { canonicalJson } from '../canonical.ts';
import { type JwsHeader, jwsType, thumbprintOf } from '../jws.ts';

/** Holds a private key, or reaches what does. Signs as RFC 8032 says; a signature has 64 bytes. */
export type CertificateSigner = {
  /** 32 bytes. */
  publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
};

/**
 * Signs a certificate's bytes.
 * @param document The canonical JSON, as it is served.
 * @returns The compact JWS.
 */
export const signJws = async (
  document: Uint8Array,
  { publicKey, sign }: CertificateSigner,
): Promise<string> => {
  const header: JwsHeader = { alg: 'Ed25519', kid: thumbprintOf(publicKey), typ: jwsType };
  const signed = `${base64urlnopad.encode(utf8ToBytes(canonicalJson(header)))}.${base64urlnopad.encode(document)}`;
  return `${signed}.${base64urlnopad.encode(await sign(utf8ToBytes(signed)))}`;
};
