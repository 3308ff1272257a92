import { LogFault } from '#verification/log/log-fault.ts';
import { parseVerifierKey, type VerifierKey } from '#verification/log/verifier-key.ts';
import { isFile, readCapped } from './certificate-files.ts';
import { UsageError } from './exit.ts';
import { plain } from './terminal.ts';

const maxKeyBytes = 100_000;

/**
 * Verifier keys, one a line.
 * @param source what the text comes from, for the message.
 * @throws UsageError for other text.
 */
export const readVerifierKeyLines = (source: string, text: string): VerifierKey[] => {
  try {
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map(parseVerifierKey);
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    throw new UsageError(`${source}: ${plain(error.message, 300)}`);
  }
};

/**
 * Verifier keys of logs or witnesses: one as text, or a file with one a line.
 * @throws UsageError that names the option.
 */
export const verifierKeysIn = async (option: string, named: string): Promise<VerifierKey[]> =>
  readVerifierKeyLines(
    option,
    (await isFile(named)) ? new TextDecoder().decode(await readCapped(named, maxKeyBytes)) : named,
  );

const dayMs = 86_400_000;

/** A warning where the witnesses have not looked at a log for more than a day. */
export const staleCosignature = (newest: Date, now: Date): string[] =>
  now.getTime() - newest.getTime() > dayMs
    ? [`The newest cosignature is of ${newest.toISOString()}, more than a day ago.`]
    : [];
