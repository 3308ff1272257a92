import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { faultCode } from '#contracts/errors.ts';
import { ed25519Signer, keysOf32 } from '#platform/ed25519-key.ts';
import { keptKey, readKept } from '#platform/kept-key.ts';
import type { CertificateSigner } from '#verification/certificate/signing/sign-jws.ts';
import { UsageError } from './exit.ts';
import type { Settings } from './settings.ts';

/** Apart from the key of an installation, whose certificates are in a log. */
const keyFile = 'command-line-signing-key';

type KeySettings = Pick<Settings, 'dataDir' | 'signingKeys'>;

const signerOf = (secret: string) => ed25519Signer(keysOf32(secret)[0]);

const opened = (secret: string, file: string) => {
  try {
    return signerOf(secret);
  } catch {
    throw new UsageError(`${file} is damaged: it holds no signing key. Restore it, or set SIGNING_KEY.`);
  }
};

/**
 * What this user's certificates are signed with, the key in use first: the environment's keys, else one that is made once
 * in the data directory.
 * @throws UsageError if a key can neither be read nor made.
 */
export const signersOf = async ({
  dataDir,
  signingKeys,
}: KeySettings): Promise<[CertificateSigner, ...CertificateSigner[]]> => {
  const [first, ...older] = signingKeys;
  if (first !== undefined) return [signerOf(first), ...older.map(signerOf)];
  const file = join(dataDir, keyFile);
  try {
    await mkdir(dataDir, { recursive: true });
    return [opened(await keptKey(dataDir, keyFile, () => randomBytes(32).toString('hex')), file)];
  } catch (error) {
    if (faultCode(error) === undefined) throw error;
    throw new UsageError(
      `The certificate’s signing key cannot be kept in ${file} (${faultCode(error)}). Set DATA_DIR to a folder that can be written, or SIGNING_KEY.`,
    );
  }
};

/** This user's own public keys. None is made. */
export const ownPublicKeys = async ({ dataDir, signingKeys }: KeySettings): Promise<Uint8Array[]> => {
  const kept = await readKept(dataDir, keyFile).catch(() => null);
  const secrets = [
    ...signingKeys.map(signerOf),
    ...(kept === null ? [] : [opened(kept, join(dataDir, keyFile))]),
  ];
  return secrets.map(({ publicKey }) => publicKey);
};
