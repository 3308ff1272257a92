import { IncomingMessage } from 'node:http';

/** Whether a request announces a body. */
const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

export type UnreadBody = 'too large' | 'too busy' | 'broken off';

/** Bodies that are arriving, of all requests together: slow senders must not fill the memory. */
const mostArrivingBytes = 64 * 1024 * 1024;
let arrivingBytes = 0;

const readUpTo = (request: IncomingMessage, maxBytes: number): Promise<Buffer | UnreadBody> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (outcome: Buffer | UnreadBody) => {
      request.off('data', take).off('end', whole).off('close', broken).off('error', broken);
      arrivingBytes -= size;
      resolve(outcome);
    };
    const take = (chunk: Buffer) => {
      size += chunk.byteLength;
      arrivingBytes += chunk.byteLength;
      if (size > maxBytes) return end('too large');
      if (arrivingBytes > mostArrivingBytes) return end('too busy');
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

/**
 * Reads a request's body before anything parses it, declared or chunked, and stops at the limit. A handler behind it
 * never waits for a slow sender, and what it reads has a known length.
 */
export const bufferBody = async (
  request: IncomingMessage,
  maxBytes: number,
): Promise<IncomingMessage | UnreadBody> => {
  if (!hasBody(request)) return request;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too large';
  const body = await readUpTo(request, maxBytes);
  return typeof body === 'string' ? body : withBody(request, body);
};
