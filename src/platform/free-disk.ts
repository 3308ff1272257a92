import { statfs } from 'node:fs/promises';

/** Bytes that this account may still write where `folder` is; null if there is no such folder. */
export const freeDiskBytes = async (folder: string): Promise<number | null> => {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
};
