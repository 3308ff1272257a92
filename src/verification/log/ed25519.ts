import { ed25519 } from '@noble/curves/ed25519.js';

export const publicKeyBytes = 32;
export const signatureBytes = 64;

/**
 * Whether an Ed25519 signature of RFC 8032 is valid, with its strict encodings. Signatures and keys of other lengths
 * are not. In JavaScript, because browsers have Web Crypto only on pages served over TLS.
 */
export const verifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  publicKey.length === publicKeyBytes &&
  signature.length === signatureBytes &&
  ed25519.verify(signature, message, publicKey, { zip215: false });
