import { LogFault } from '#verification/log/log-fault.ts';
import { parseVerifierKey, type VerifierKey } from '#verification/log/verifier-key.ts';
import { isFile, readCapped } from './certificate-files.ts';
import { UsageError } from './exit.ts';
import { plain } from './terminal.ts';

const maxKeyBytes = 100_000;

/**
 * Verifier keys of logs or witnesses: one as text, or a file with one a line.
 * @throws UsageError that names the option.
 */
export const verifierKeysIn = async (option: string, named: string): Promise<VerifierKey[]> => {
  const text = (await isFile(named)) ? new TextDecoder().decode(await readCapped(named, maxKeyBytes)) : named;
  try {
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map(parseVerifierKey);
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    throw new UsageError(`${option}: ${plain(error.message, 300)}`);
  }
};

const dayMs = 86_400_000;

/** A warning where the witnesses have not looked at a log for more than a day. */
export const staleCosignature = (newest: Date, now: Date): string[] =>
  now.getTime() - newest.getTime() > dayMs
    ? [`The newest cosignature is of ${newest.toISOString()}, more than a day ago.`]
    : [];
