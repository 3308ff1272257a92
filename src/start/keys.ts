import { randomBytes } from 'node:crypto';
import { keptKey } from '#platform/kept-key.ts';

/** How each secret is made, and the file in the data directory that keeps it. */
const secrets = {
  NEXTAUTH_SECRET: { file: 'nextauth-secret', make: () => randomBytes(32).toString('base64url') },
  SECRETS_KEY: { file: 'secrets-key', make: () => randomBytes(32).toString('hex') },
  SIGNING_KEY: { file: 'signing-key', make: () => randomBytes(32).toString('hex') },
  LOG_KEY: { file: 'log-key', make: () => randomBytes(32).toString('hex') },
};
type Secret = keyof typeof secrets;

/**
 * The installation's secrets, from the environment or else the data directory. Machines that share a database must share
 * the secrets too, so all variables are set there.
 */
export const installationKeys = async (
  dataDir: string,
  given: { [Name in Secret]?: string | undefined },
): Promise<Record<Secret, string>> => {
  const keyFor = (name: Secret) => {
    const { file, make } = secrets[name];
    return given[name] ?? keptKey(dataDir, file, make);
  };
  return {
    NEXTAUTH_SECRET: await keyFor('NEXTAUTH_SECRET'),
    SECRETS_KEY: await keyFor('SECRETS_KEY'),
    SIGNING_KEY: await keyFor('SIGNING_KEY'),
    LOG_KEY: await keyFor('LOG_KEY'),
  };
};
