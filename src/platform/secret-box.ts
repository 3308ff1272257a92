import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { type RunSecrets, runSecretsSchema } from '#contracts/run.ts';

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
/**
 * NIST SP 800-38D: 96 bits is GCM's own nonce length. Random nonces are safe for far more runs than an installation
 * has.
 */
const nonceBytes = 12;
const tagBytes = 16;

/** Seals a run's secrets so that only this run's id opens them (AES-256-GCM). */
export type SecretBox = {
  seal(runId: string, secrets: RunSecrets): string;
  /** Throws if the box was sealed for another run or with another key, or was altered. */
  open(runId: string, sealed: string): RunSecrets;
};

/** A sealed box cannot be opened: another key, another run, or altered. Never says what was in it. */
export class SecretBoxError extends Error {
  override readonly name = 'SecretBoxError';
}

/** Identifies a key without revealing any of it, so that a box sealed with an older key differs from a forged one. */
const keyIdOf = (key: Uint8Array) =>
  createHash('sha256').update('echelon-verify/secret-box/v1\0').update(key).digest('hex').slice(0, 8);

/**
 * AES-256-GCM over the secrets' JSON, with the run's id as associated data: a box moved to another run does not open.
 * The sealed text is `keyId.nonce.ciphertext` (the last two in base64url, with the tag at the end of the ciphertext).
 * @param keys 32 bytes each. The first seals and all of them open, so a key can be replaced while runs are in progress.
 */
export const createSecretBox = (...keys: [Uint8Array, ...Uint8Array[]]): SecretBox => {
  if (keys.some((each) => each.length !== keyBytes))
    throw new SecretBoxError(`The secrets key must be ${keyBytes} bytes long.`);
  const [key] = keys;
  const keyId = keyIdOf(key);
  const keysById = new Map(keys.map((each) => [keyIdOf(each), each]));
  return {
    seal(runId, secrets) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(runId));
      const sealed = Buffer.concat([
        cipher.update(JSON.stringify(secrets), 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return `${keyId}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
    },
    open(runId, sealed) {
      const [boxKeyId, nonceText, bodyText, ...rest] = sealed.split('.');
      if (boxKeyId === undefined || nonceText === undefined || bodyText === undefined || rest.length > 0)
        throw new SecretBoxError('A sealed box does not have the form keyId.nonce.ciphertext.');
      const opening = keysById.get(boxKeyId);
      if (opening === undefined)
        throw new SecretBoxError(
          `A box was sealed with key ${boxKeyId}, but this installation has ${[...keysById.keys()].join(', ')}: SECRETS_KEY or the data directory changed.`,
        );
      const nonce = Buffer.from(nonceText, 'base64url');
      const body = Buffer.from(bodyText, 'base64url');
      if (nonce.length !== nonceBytes || body.length < tagBytes)
        throw new SecretBoxError('A sealed box is truncated.');
      const decipher = createDecipheriv(algorithm, opening, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(runId));
      decipher.setAuthTag(body.subarray(body.length - tagBytes));
      let clear: string;
      try {
        clear =
          decipher.update(body.subarray(0, body.length - tagBytes), undefined, 'utf8') +
          decipher.final('utf8');
      } catch {
        throw new SecretBoxError('A sealed box was altered, or belongs to another run.');
      }
      return runSecretsSchema.parse(JSON.parse(clear));
    },
  };
};
