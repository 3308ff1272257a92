import { base64 } from '@scure/base';
import { LogFault } from './log-fault.ts';

/** Bytes from standard base64 with padding (RFC 4648, section 4), one spelling only, or null. */
export const readBase64 = (text: string): Uint8Array | null => {
  try {
    return base64.decode(text);
  } catch {
    return null;
  }
};

export const writeBase64 = (bytes: Uint8Array): string => base64.encode(bytes);

/** A size or an index in ASCII decimals without leading zeros, up to 2^53−1, or null. */
export const readDecimal = (text: string): number | null => {
  const value = Number(text);
  return /^(?:0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(value) ? value : null;
};

/**
 * Text from UTF-8 bytes, where replacement characters and a skipped byte order mark would hide what was signed.
 * @throws LogFault `malformed` for other bytes.
 */
export const readUtf8 = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new LogFault('malformed', 'These bytes are not UTF-8.');
  }
};
