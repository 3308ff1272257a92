/** A request or a response, as much of either as its body is read by. */
export type HttpMessage = {
  headers: { get(name: string): string | null };
  body: {
    getReader(): {
      read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
      cancel(reason?: unknown): Promise<void>;
    };
  } | null;
};

/**
 * Hands a body over as it arrives, until it ends or `take` has enough and answers false. False where it is larger
 * than `maxBytes`: what would be too much is not handed over, and a body that says so beforehand is not touched.
 */
export async function readChunks(
  { headers, body }: HttpMessage,
  maxBytes: number,
  take: (chunk: Uint8Array) => boolean,
): Promise<boolean> {
  if (Number(headers.get('content-length')) > maxBytes) return false;
  if (body === null) return true;
  const reader = body.getReader();
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done || value === undefined) return true;
    size += value.byteLength;
    const fits = size <= maxBytes;
    if (fits && take(value)) continue;
    await reader.cancel().catch(() => undefined);
    return fits;
  }
}

/** A whole body as it came out of any content encoding; null where it is larger than `maxBytes` (`readChunks`). */
export async function readBody(message: HttpMessage, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const fits = await readChunks(message, maxBytes, (chunk) => {
    chunks.push(chunk);
    size += chunk.byteLength;
    return true;
  });
  if (!fits) return null;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** `Retry-After` (RFC 9110, 10.2.3): whole seconds or an HTTP date; null where it is absent or neither. */
export function retryAfterMs(headers: HttpMessage['headers'], nowMs: number): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // The form of C's `asctime` names no zone: it is GMT like the others.
  const isBare = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [^+]*\d$/.test(text);
  const date = isBare || text.endsWith('GMT') ? Date.parse(isBare ? `${text} GMT` : text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
