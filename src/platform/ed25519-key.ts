import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** A key that signs as RFC 8032 says. */
export type Ed25519Signer = {
  /** 32 bytes. */
  publicKey: Uint8Array;
  /** Resolves to 64 bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>;
};

/** RFC 8410: what stands before the 32 bytes of a private key in PKCS #8. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Keys of 32 bytes from a list with commas, each written as 64 hexadecimal digits or as base64, in either alphabet. */
export const keysOf32 = (list: string): [Buffer, ...Buffer[]] => {
  const bytesOf = (text: string) => Buffer.from(text, /^[0-9a-fA-F]{64}$/.test(text) ? 'hex' : 'base64');
  const [first = '', ...others] = list.split(',').map((text) => text.trim());
  return [bytesOf(first), ...others.map(bytesOf)];
};

/**
 * What signs with an Ed25519 key.
 * @param secret the 32 bytes that RFC 8032 calls the private key.
 * @throws Error that does not hold the secret.
 */
export const ed25519Signer = (secret: Uint8Array): Ed25519Signer => {
  if (secret.length !== 32)
    throw new Error('A signing key must be 32 bytes, as 64 hexadecimal digits or base64.');
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
  };
};
