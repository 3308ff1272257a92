import { readFile, stat } from 'node:fs/promises';
import { faultCode } from '#contracts/errors.ts';
import { UsageError } from './exit.ts';
import { plain } from './terminal.ts';

/**
 * The bytes of a file, or null if it does not exist.
 * @throws UsageError if it is not a file, has more than `maxBytes`, or cannot be read.
 */
export const readBoundedBytes = async (file: string, maxBytes: number): Promise<Uint8Array | null> => {
  const name = plain(file, 200);
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new UsageError(`${name} is not a file.`);
    if (found.size > maxBytes)
      throw new UsageError(`${name} is too large: it has ${found.size} bytes, and the limit is ${maxBytes}.`);
    return await readFile(file);
  } catch (error) {
    const code = faultCode(error);
    if (code === null) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new UsageError(`${name} cannot be read (${code}).`);
  }
};

/** Its text, under the same terms. */
export const readBoundedFile = async (file: string, maxBytes: number): Promise<string | null> => {
  const bytes = await readBoundedBytes(file, maxBytes);
  return bytes && new TextDecoder().decode(bytes);
};
