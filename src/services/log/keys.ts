import { asc, eq } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { KeyPurpose } from '#contracts/log.ts';
import type { Executor } from '#db/client.ts';
import { logKeys } from '#db/schema/log.ts';
import type { Ed25519Signer } from '#platform/ed25519-key.ts';
import { type PublicJwk, writeJwk } from '#verification/certificate/jws.ts';
import { type VerifierKey, verifierKey, writeVerifierKey } from '#verification/log/verifier-key.ts';
import type { ServiceContext, WorkerContext } from '../ground/context.ts';
import { publicRead } from '../ground/public-read.ts';
import { LogStopped } from './stopped.ts';
import { headOf } from './tree.ts';

export type StoredKey = typeof logKeys.$inferSelect;

type KeyContext = Pick<WorkerContext, 'sequencer' | 'issuer'>;

const keysFor = (executor: Executor, purpose: KeyPurpose) =>
  executor.select().from(logKeys).where(eq(logKeys.purpose, purpose)).orderBy(asc(logKeys.addedAt));

const hexOf = ({ publicKey }: Pick<Ed25519Signer, 'publicKey'>) => Buffer.from(publicKey).toString('hex');

const bytesOf = ({ publicKey }: StoredKey) => new Uint8Array(Buffer.from(publicKey, 'hex'));

export const maySign = ({ retiredAt, compromisedAt }: StoredKey): boolean =>
  retiredAt === null && compromisedAt === null;

/** Those of ours that the log knows and that may sign. */
const signingKeys = (rows: StoredKey[], ours: readonly Ed25519Signer[]): Ed25519Signer[] => {
  const signing = new Set(rows.filter(maySign).map(({ publicKey }) => publicKey));
  return ours.filter((key) => signing.has(hexOf(key)));
};

/**
 * The keys of LOG_KEY that sign the log.
 * @throws LogStopped where the log has keys and none of ours is among those that may sign.
 */
export const logSigners = async (
  executor: Executor,
  { sequencer }: Pick<KeyContext, 'sequencer'>,
): Promise<Ed25519Signer[]> => {
  const known = await keysFor(executor, 'log');
  const signing = signingKeys(known, sequencer.keys);
  if (known.length > 0 && signing.length === 0)
    throw new LogStopped(
      'LOG_KEY is not the key that signs this log. Give every machine the same key. To replace it, set the old one and the new one, separated by a comma.',
    );
  return signing;
};

/**
 * The key of SIGNING_KEY that signs certificates now: the first that was neither retired nor compromised. Its row stays
 * locked until the caller's transaction ends, so the key cannot be retired before the log holds what it signs.
 * @throws Error if there is none.
 */
export const certificateSigner = async (
  transaction: Executor,
  { issuer }: Pick<KeyContext, 'issuer'>,
): Promise<Ed25519Signer> => {
  const [signer] = signingKeys(await keysFor(transaction, 'certificate').for('share'), issuer.keys);
  if (signer === undefined)
    throw new Error(
      'Every key of SIGNING_KEY was retired or compromised. Put a new one in front of them, and restart the workers.',
    );
  return signer;
};

/**
 * Keys of ours that the log does not know yet.
 * @throws LogStopped as `logSigners` does; Error for one key with two purposes.
 */
export const freshKeys = async (
  executor: Executor,
  context: KeyContext,
): Promise<{ purpose: KeyPurpose; publicKey: string }[]> => {
  await logSigners(executor, context);
  const rows = new Map((await executor.select().from(logKeys)).map((row) => [row.publicKey, row.purpose]));
  const ours = [
    ...context.sequencer.keys.map((key) => ({ purpose: 'log' as const, publicKey: hexOf(key) })),
    ...context.issuer.keys.map((key) => ({ purpose: 'certificate' as const, publicKey: hexOf(key) })),
  ];
  const purposes = new Map(rows);
  for (const { purpose, publicKey } of ours) {
    if ((purposes.get(publicKey) ?? purpose) !== purpose)
      throw new Error('LOG_KEY and SIGNING_KEY hold one key. What signs certificates must not sign the log.');
    purposes.set(publicKey, purpose);
  }
  return ours.filter(({ publicKey }) => !rows.has(publicKey));
};

/** The verifier key of a key of the log. */
export const verifierKeyOf = (key: StoredKey, { origin }: { origin: string }): VerifierKey =>
  verifierKey(origin, 'note', bytesOf(key));

/** The same as text. */
export const vkeyOf = (key: StoredKey, log: { origin: string }): string =>
  writeVerifierKey(verifierKeyOf(key, log));

/** The log's verifier keys, one a line, also those that sign no more. Null before the first entry. */
export const readVerifierKeys = async (executor: Executor): Promise<string | null> => {
  const head = await headOf(executor);
  if (head === null) return null;
  const keys = await keysFor(executor, 'log');
  return keys.map((key) => `${vkeyOf(key, head)}\n`).join('');
};

const jwkOf = (row: StoredKey): PublicJwk => {
  const at = row.retiredAt ?? row.compromisedAt;
  return {
    ...writeJwk(bytesOf(row)),
    ...(at === null || row.retiredIndex === null
      ? {}
      : {
          retired: {
            log_index: row.retiredIndex,
            at: at.toISOString(),
            compromised: row.compromisedAt !== null,
          },
        }),
  };
};

/** The public keys that certificates are signed with, also those that sign no more. */
export const readKeySet = async (executor: Executor): Promise<{ keys: PublicJwk[] }> => ({
  keys: (await keysFor(executor, 'certificate')).map(jwkOf),
});

/**
 * The same for anyone.
 * @throws AppError NOT_FOUND before the first one.
 */
export const getKeySet = async ({ db }: Pick<ServiceContext, 'db'>): Promise<{ keys: PublicJwk[] }> => {
  const set = await publicRead(db, readKeySet);
  if (set.keys.length === 0) throw new AppError('NOT_FOUND', 'No key signs certificates yet.');
  return set;
};
