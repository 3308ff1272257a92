import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** A key of this installation that signs its log. Signs as RFC 8032 says; a signature has 64 bytes. */
export type LogSigningKey = {
  /** 32 bytes. */
  publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
};

/** RFC 8410: what stands before the 32 bytes of a private key in PKCS #8. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param secret the 32 bytes that RFC 8032 calls the private key. */
export const logSigningKey = (secret: Uint8Array): LogSigningKey => {
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
