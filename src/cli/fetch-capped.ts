import { readBody } from '#contracts/http.ts';
import { UsageError } from './exit.ts';
import { plain } from './terminal.ts';

const timeoutMs = 30_000;

/**
 * What is at an address; null if nothing is. `sought` is what should be there.
 * @throws UsageError for other answers, redirects too, and for one of more than `maxBytes`.
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
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  }).catch(() => {
    signal.throwIfAborted();
    throw new UsageError(`${url.origin} could not be reached.`);
  });
  // Who is at an address does not choose which other machines are asked from here.
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel().catch(() => undefined);
    const location = response.headers.get('location') ?? '';
    const target = URL.canParse(location, url) ? new URL(location, url).href : 'nowhere';
    throw new UsageError(
      `${url.origin} redirects to ${plain(target, 200)}. If you trust that, give its address.`,
    );
  }
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
