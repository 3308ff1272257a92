import { randomUUID } from 'node:crypto';
import { asc, eq } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { KeyPurpose } from '#contracts/log.ts';
import type { Executor } from '#db/client.ts';
import { logKeys } from '#db/schema/log.ts';
import { writeJwk } from '#verification/certificate/jws.ts';
import { parseNote } from '#verification/log/note.ts';
import type { ServiceContext } from '../ground/context.ts';
import { appendEntries } from './append.ts';
import { maySign, type StoredKey, verifierKeyOf, vkeyOf } from './keys.ts';
import { refusingIfStopped } from './stopped.ts';
import { headOf, servedNote } from './tree.ts';

/** How a key ends: it is replaced, or others may have it. */
type KeyEnd = 'retired' | 'compromised';

export type InstallationKey = {
  purpose: KeyPurpose;
  /** What others know it by: of certificates the RFC 7638 thumbprint, of the log its verifier key. */
  id: string;
  addedAt: Date;
  retiredAt: Date | null;
  compromisedAt: Date | null;
  /** The index of the entry that ended it. */
  retiredIndex: number | null;
};

const presentKey = (key: StoredKey, origin: string): InstallationKey => {
  const { purpose, addedAt, retiredAt, compromisedAt, retiredIndex } = key;
  const id =
    purpose === 'log'
      ? vkeyOf(key, { origin })
      : writeJwk(new Uint8Array(Buffer.from(key.publicKey, 'hex'))).kid;
  return { purpose, id, addedAt, retiredAt, compromisedAt, retiredIndex };
};

const originOf = async (executor: Executor): Promise<string> => (await headOf(executor))?.origin ?? '';

/** Every key that ever signed here, the oldest first. */
export const listKeys = async ({ db }: Pick<ServiceContext, 'db'>): Promise<InstallationKey[]> => {
  const origin = await originOf(db);
  const keys = await db.select().from(logKeys).orderBy(asc(logKeys.addedAt), asc(logKeys.publicKey));
  return keys.map((key) => presentKey(key, origin));
};

const variables: Record<KeyPurpose, string> = { certificate: 'SIGNING_KEY', log: 'LOG_KEY' };

/** The ids of the keys that signed the checkpoint that is served. */
const newestSigners = async (executor: Executor): Promise<Set<string>> => {
  const served = await servedNote(executor);
  return new Set(served === null ? [] : parseNote(served.signed).signatures.map(({ id }) => id));
};

/**
 * Ends a key, with an entry in the log: its signatures count only for what the log held before. A key that has ended this
 * way already stays as it is.
 * @param id as `listKeys` gives it.
 * @throws AppError NOT_FOUND; CONFLICT for the last key of its purpose, unless certificates are signed with it and others
 * may have it, and for a key of the log beside which no other signs; PRECONDITION_FAILED where the log has stopped.
 */
export const retireKey = async (
  context: Pick<ServiceContext, 'db' | 'keptCheckpoint' | 'now'>,
  id: string,
  end: KeyEnd,
): Promise<InstallationKey> =>
  context.db.transaction(async (transaction) => {
    const origin = await originOf(transaction);
    // Locked before the log is: a certificate that is being signed is logged first.
    const keys = await transaction.select().from(logKeys).orderBy(asc(logKeys.publicKey)).for('update');
    const key = keys.find((each) => presentKey(each, origin).id === id);
    if (key === undefined)
      throw new AppError('NOT_FOUND', 'No such key ever signed here. `keys list` shows those that did.');
    const { publicKey, purpose } = key;
    const hasEnded = end === 'compromised' ? key.compromisedAt !== null : !maySign(key);
    if (hasEnded) return presentKey(key, origin);
    const others = keys.filter((each) => each.purpose === purpose && each !== key && maySign(each));
    if (maySign(key) && others.length === 0 && !(purpose === 'certificate' && end === 'compromised'))
      throw new AppError(
        'CONFLICT',
        `It is the only key that may sign. Make a new one, set ${variables[purpose]} to both, separated by a comma and the new one first, and restart the workers. Then retire this one.`,
      );
    if (purpose === 'log' && maySign(key)) {
      // No worker may have the others any more. Those that workers have sign every checkpoint.
      const signers = await newestSigners(transaction);
      if (!others.some((each) => signers.has(verifierKeyOf(each, { origin }).id)))
        throw new AppError(
          'CONFLICT',
          'No other key has signed the newest checkpoint. Put a new one beside it in LOG_KEY, restart the workers, wait for the next checkpoint, and retire this one then.',
        );
    }
    // Without the caller's keys, whatever it has. The workers' periodic task signs it.
    const { keptCheckpoint, now } = context;
    const [index] = await refusingIfStopped(() =>
      appendEntries(transaction, { keptCheckpoint, now }, [
        { kind: 'key', subject: randomUUID(), purpose, step: end, public_key: publicKey },
      ]),
    );
    if (index === undefined) throw new Error('Appending an entry gave no index.');
    const [ended] = await transaction
      .update(logKeys)
      .set({
        ...(end === 'retired' ? { retiredAt: now() } : { compromisedAt: now() }),
        retiredIndex: key.retiredIndex ?? index,
      })
      .where(eq(logKeys.publicKey, publicKey))
      .returning();
    if (ended === undefined) throw new Error('A key is missing.');
    return presentKey(ended, origin);
  });
