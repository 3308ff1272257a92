import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/**
 * The last signed checkpoint, kept outside the database: a database that was restored from an older copy does not hold
 * the tree that it names.
 */
export type KeptCheckpoint = {
  /** Where it is, to name it in messages. */
  place: string;
  /** The signed note; null if none was kept yet. */
  read(): Promise<string | null>;
  /** Resolves once it is on disk. */
  keep(note: string): Promise<void>;
};

export const keptCheckpointIn = (dataDir: string): KeptCheckpoint => {
  const file = join(dataDir, 'log-checkpoint');
  return {
    place: file,
    read: () =>
      readFile(file, 'utf8').catch((error) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      }),
    keep: async (note) => {
      await mkdir(dataDir, { recursive: true });
      await writeFileAtomic(file, note);
    },
  };
};
