import { readBody } from '#contracts/http.ts';
import { UsageError } from './exit.ts';
import { plain } from './terminal.ts';
import { answerTimeoutMs, requestFault, unreachedText } from './unreached.ts';

/** Where a redirect leads, if that is an address of the web. */
const targetOf = (response: Response, url: URL): string | null => {
  const location = response.headers.get('location') ?? '';
  if (location === '' || !URL.canParse(location, url)) return null;
  const { href, protocol } = new URL(location, url);
  return /^https?:$/.test(protocol) ? href : null;
};

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
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
  }).catch((error: Error) => {
    signal.throwIfAborted();
    throw new UsageError(unreachedText(error, url.origin));
  });
  // Who is at an address does not choose which other machines are asked from here.
  const target = response.status >= 300 && response.status < 400 ? targetOf(response, url) : null;
  if (!response.ok) await response.body?.cancel().catch(() => undefined);
  if (target !== null)
    throw new UsageError(
      `${url.origin} redirects to ${plain(target, 200)}. If you trust it, give that address instead.`,
    );
  if (response.status === 404) return null;
  if (!response.ok) throw new UsageError(`${url.origin} answered ${response.status} instead of ${sought}.`);
  const bytes = await readBody(response, maxBytes).catch((error: Error) => {
    signal.throwIfAborted();
    throw new UsageError(
      error.name === 'TimeoutError'
        ? unreachedText(error, url.origin)
        : `${url.origin} broke off its answer (${requestFault(error)}).`,
    );
  });
  if (bytes !== null) return bytes;
  await response.body?.cancel().catch(() => undefined);
  throw new UsageError(`The answer is too large to be ${sought}.`);
};
