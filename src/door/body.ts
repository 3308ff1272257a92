import { IncomingMessage } from 'node:http';
import { maxSmallBodyBytes } from './request-kind.ts';

/** How many bytes a request announces; a body in chunks has no end that is known. */
export const announcedBytes = ({ headers }: IncomingMessage): number =>
  headers['transfer-encoding'] === undefined
    ? Number(headers['content-length'] ?? 0)
    : Number.POSITIVE_INFINITY;

export type UnreadBody = 'too large' | 'too busy' | 'broken off';

const megabyte = 1024 * 1024;

/** Bodies that are arriving, of all requests together: slow senders must not fill the memory. */
const mostArriving = 64 * megabyte;
/** Of those whose senders are not known, so that they cannot keep those out who are. */
const mostArrivingUnknown = 32 * megabyte;
const mostArrivingOfAddress = 8 * megabyte;
/** Small bodies of senders who are not known have room of their own: nobody's large ones keep a sign-in out. */
const mostArrivingSmall = 16 * megabyte;
const mostArrivingSmallOfAddress = megabyte;

/** Who sends a body. `address` is null where clients cannot be told apart. */
export type BodySender = { isKnown: boolean; address: string | null };

/** Counts bytes that arrive. Returns whether there is room for them. */
type Count = (bytes: number) => boolean;

const readUpTo = (request: IncomingMessage, maxBytes: number, count: Count): Promise<Buffer | UnreadBody> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (outcome: Buffer | UnreadBody) => {
      request.off('data', take).off('end', whole).off('close', broken).off('error', broken);
      count(-size);
      resolve(outcome);
    };
    const take = (chunk: Buffer) => {
      size += chunk.byteLength;
      const hasRoom = count(chunk.byteLength);
      if (size > maxBytes) return end('too large');
      if (!hasRoom) return end('too busy');
      chunks.push(chunk);
    };
    const whole = () => end(Buffer.concat(chunks));
    const broken = () => end('broken off');
    request.on('data', take).once('end', whole).once('close', broken).once('error', broken);
  });

/** The same request with a body that was read already. */
const withBody = (request: IncomingMessage, body: Buffer): IncomingMessage => {
  const copy = new IncomingMessage(request.socket);
  copy.httpVersion = request.httpVersion;
  copy.httpVersionMajor = request.httpVersionMajor;
  copy.httpVersionMinor = request.httpVersionMinor;
  if (request.method !== undefined) copy.method = request.method;
  if (request.url !== undefined) copy.url = request.url;
  copy.rawHeaders = request.rawHeaders;
  copy.headers = { ...request.headers, 'content-length': String(body.byteLength) };
  delete copy.headers['transfer-encoding'];
  // All of it has arrived, so that ending this copy does not end the connection.
  copy.complete = true;
  copy.push(body);
  copy.push(null);
  return copy;
};

/** The bodies that arrive at one server. */
export const bodyReader = () => {
  const arriving = new Map<string, number>();
  const bytesOf = (name: string) => arriving.get(name) ?? 0;
  const boundsFor = ({ isKnown, address }: BodySender, isSmall: boolean): Map<string, number> => {
    if (isSmall && !isKnown)
      return new Map([
        ['small', mostArrivingSmall],
        ...(address === null ? [] : [[`small of ${address}`, mostArrivingSmallOfAddress] as const]),
      ]);
    return new Map([
      ['all', mostArriving],
      ...(isKnown ? [] : [['unknown', mostArrivingUnknown] as const]),
      ...(address === null ? [] : [[`of ${address}`, mostArrivingOfAddress] as const]),
    ]);
  };
  const counterFor = (bounds: Map<string, number>): Count => {
    return (bytes) => {
      for (const name of bounds.keys()) {
        const now = bytesOf(name) + bytes;
        if (now === 0) arriving.delete(name);
        else arriving.set(name, now);
      }
      return [...bounds].every(([name, most]) => bytesOf(name) <= most);
    };
  };
  return {
    /** Whether small bodies nearly fill their room, so that even their senders should say who they are. */
    isCrowded: () => bytesOf('small') > mostArrivingSmall - megabyte,
    /**
     * Reads a request's body before anything parses it, declared or chunked, and stops at the limit. A handler behind it
     * never waits for a slow sender, and what it reads has a known length.
     */
    read: async (
      request: IncomingMessage,
      maxBytes: number,
      sender: BodySender,
    ): Promise<IncomingMessage | UnreadBody> => {
      if (announcedBytes(request) === 0) return request;
      if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too large';
      const body = await readUpTo(
        request,
        maxBytes,
        counterFor(boundsFor(sender, maxBytes <= maxSmallBodyBytes)),
      );
      return typeof body === 'string' ? body : withBody(request, body);
    },
  };
};
