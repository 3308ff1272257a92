/** The part of a request or response that reading its body needs. */
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
 * Passes a body to `take` chunk by chunk, until it ends or `take` returns false. Returns false if the body is larger
 * than `maxBytes`: `take` never gets the chunk that exceeds it, and a body whose declared length does is not read.
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

/** The whole body, decoded from any content encoding. Null if it is larger than `maxBytes`. */
export async function readBody(
  message: HttpMessage,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
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

/** `Retry-After` (RFC 9110, 10.2.3): whole seconds or an HTTP date. Null if it is absent or neither. */
export function retryAfterMs(headers: HttpMessage['headers'], nowMs: number): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // The `asctime` form names no zone. It is GMT like the others.
  const isBare = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [^+]*\d$/.test(text);
  const date = isBare || text.endsWith('GMT') ? Date.parse(isBare ? `${text} GMT` : text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
