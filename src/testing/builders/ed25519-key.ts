import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { type SignatureType, verifierKey } from '#verification/log/verifier-key.ts';

/** RFC 8410: what stands before the 32 bytes of a private key in PKCS #8. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key that is the same for the same seed. Node's OpenSSL signs, so what verifies was not written by the same hand. */
export const ed25519KeyOf = (seed: string) => {
  const secret = createHash('sha256').update(seed).digest();
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: async (message: Uint8Array): Promise<Uint8Array> => new Uint8Array(sign(null, message, privateKey)),
  };
};

/** The same for signed notes. */
export const noteSignerOf = (name: string, type: SignatureType, seed = name) => {
  const { publicKey, sign: signMessage } = ed25519KeyOf(seed);
  return { key: verifierKey(name, type, publicKey), sign: signMessage };
};
