import { hexToBytes } from '@noble/hashes/utils.js';
import type { KeyPurpose, LogEntry } from '#contracts/log.ts';
import { sameBytes } from '../log/merkle.ts';
import type { VerifierKey } from '../log/verifier-key.ts';
import type { RetiredKey } from './jws.ts';

/** What the entries of a log, read in their order, say of its issuer's keys. */
export type KeyHistory = { added: Uint8Array[]; retired: RetiredKey[] };

export const emptyHistory = (): Record<KeyPurpose, KeyHistory> => ({
  certificate: { added: [], retired: [] },
  log: { added: [], retired: [] },
});

/** Adds an entry to what was read before. A key that is retired and then compromised was retired first. */
export const readKeyEntry = (
  history: Record<KeyPurpose, KeyHistory>,
  entry: LogEntry,
  index: number,
): void => {
  if (entry.kind !== 'key') return;
  const { added, retired } = history[entry.purpose];
  const publicKey = hexToBytes(entry.public_key);
  if (entry.step === 'added') added.push(publicKey);
  else if (retiredAt(publicKey, retired) === null) retired.push({ publicKey, index });
};

/** The index of the first entry that retired a key; null for one that may sign. */
export const retiredAt = (publicKey: Uint8Array, retired: readonly RetiredKey[]): number | null => {
  const indexes = retired.filter((key) => sameBytes(key.publicKey, publicKey)).map(({ index }) => index);
  return indexes.length === 0 ? null : Math.min(...indexes);
};

/** Whether one of those who signed a checkpoint of this size might still sign: the log held no entry against it yet. */
export const isByLiveKey = (
  signers: readonly VerifierKey[],
  size: number,
  retired: readonly RetiredKey[],
): boolean =>
  signers.some(({ publicKey }) => {
    const index = retiredAt(publicKey, retired);
    return index === null || size <= index;
  });
