import { createHash } from 'node:crypto';
import { type Ed25519Signer, ed25519Signer } from '#platform/ed25519-key.ts';
import { type SignatureType, verifierKey } from '#verification/log/verifier-key.ts';

/** A key that is the same for the same seed. Node's OpenSSL signs, so what verifies was not written by the same hand. */
export const ed25519KeyOf = (seed: string): Ed25519Signer =>
  ed25519Signer(createHash('sha256').update(seed).digest());

/** The same for signed notes. */
export const noteSignerOf = (name: string, type: SignatureType, seed = name) => {
  const { publicKey, sign: signMessage } = ed25519KeyOf(seed);
  return { key: verifierKey(name, type, publicKey), sign: signMessage };
};
