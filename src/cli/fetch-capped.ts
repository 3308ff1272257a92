import { readBody } from '#contracts/http.ts';
import { UsageError } from './exit.ts';

const timeoutMs = 30_000;

/**
 * What is at an address; null if nothing is. `sought` is what should be there.
 * @throws UsageError for other answers, and for one of more than `maxBytes`.
 */
export const fetchCapped = async (
  url: URL,
  {
    signal,
    maxBytes,
    sought,
    accept = '*/*',
  }: { signal: AbortSignal; maxBytes: number; sought: string; accept?: string },
): Promise<Uint8Array | null> => {
  const response = await fetch(url, {
    headers: { accept },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  }).catch(() => {
    signal.throwIfAborted();
    throw new UsageError(`${url.origin} could not be reached.`);
  });
  if (response.status === 404) {
    await response.body?.cancel().catch(() => undefined);
    return null;
  }
  if (!response.ok) throw new UsageError(`${url.origin} answered ${response.status} instead of ${sought}.`);
  const bytes = await readBody(response, maxBytes);
  if (bytes !== null) return bytes;
  await response.body?.cancel().catch(() => undefined);
  throw new UsageError(`The answer is too large to be ${sought}.`);
};
