import { asc, eq } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { logKeys } from '#db/schema/log.ts';
import type { Ed25519Signer } from '#platform/ed25519-key.ts';
import { verifierKey, writeVerifierKey } from '#verification/log/verifier-key.ts';
import type { Sequencer } from '../ground/context.ts';
import { LogStopped } from './stopped.ts';
import { headOf } from './tree.ts';

const keysOfLog = (executor: Executor) =>
  executor.select().from(logKeys).where(eq(logKeys.purpose, 'log')).orderBy(asc(logKeys.addedAt));

/**
 * The keys of LOG_KEY that sign the log, and those that it does not know yet.
 * @throws LogStopped where the log has keys and none of ours is among those that may sign.
 */
export const ownKeys = async (
  executor: Executor,
  { keys }: Pick<Sequencer, 'keys'>,
): Promise<{ signing: Ed25519Signer[]; fresh: Ed25519Signer[] }> => {
  const rows = new Map((await keysOfLog(executor)).map((row) => [row.publicKey, row]));
  const rowOf = ({ publicKey }: Ed25519Signer) => rows.get(Buffer.from(publicKey).toString('hex'));
  const signing = keys.filter((key) => {
    const row = rowOf(key);
    return row !== undefined && row.retiredAt === null && row.compromisedAt === null;
  });
  if (rows.size > 0 && signing.length === 0)
    throw new LogStopped(
      'LOG_KEY is not the key that signs this log. Give every machine the same key. To replace it, set the old one and the new one, separated by a comma.',
    );
  return { signing, fresh: keys.filter((key) => rowOf(key) === undefined) };
};

/** The log's verifier keys, one a line, also those that sign no more. Null before the first entry. */
export const readVerifierKeys = async (executor: Executor): Promise<string | null> => {
  const head = await headOf(executor);
  if (head === null) return null;
  const keys = await keysOfLog(executor);
  return keys
    .map(
      ({ publicKey }) =>
        `${writeVerifierKey(verifierKey(head.origin, 'note', new Uint8Array(Buffer.from(publicKey, 'hex'))))}\n`,
    )
    .join('');
};
