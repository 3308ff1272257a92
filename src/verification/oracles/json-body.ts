import { parseOracleAnswer } from './answer.ts';

export type ReadJson = { ok: true; value: unknown } | { ok: false; detail: string };

/** Reads a body that must be JSON in UTF-8; `detail` says where it breaks, in the words of the HTTP oracle. */
export function readJson(bytes: Uint8Array): ReadJson {
  try {
    return { ok: true, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    const read = parseOracleAnswer(bytes);
    return { ok: false, detail: read.ok ? 'The answer is not JSON.' : read.detail };
  }
}
