import { IncomingMessage } from 'node:http';
import { maxLinkBodyBytes, maxSmallBodyBytes } from './request-kind.ts';
import { type Bounds, boundsIn, openRooms, type Room, type Sender } from './rooms.ts';

/** How many bytes a request announces; a body in chunks has no end that is known. */
export const announcedBytes = ({ headers }: IncomingMessage): number =>
  headers['transfer-encoding'] === undefined
    ? Number(headers['content-length'] ?? 0)
    : Number.POSITIVE_INFINITY;

export type UnreadBody = 'too large' | 'too busy' | 'broken off';

const megabyte = 1024 * 1024;

/**
 * Bytes of bodies that may be arriving, because slow senders must not fill the memory. Each kind of sender has room of its
 * own, which the others cannot fill, and within it one network or account fills a small part.
 */
const rooms = {
  /** The owner and listed accounts. */
  trusted: { all: 8 * megabyte, account: 4 * megabyte },
  accounts: { all: 24 * megabyte, account: 4 * megabyte, network: 6 * megabyte },
  /** Senders who are not known: large bodies go to the demonstration oracles. */
  unknown: { all: 32 * megabyte, network: 4 * megabyte },
  /** Small bodies of senders who are not known. Nobody's large ones keep a sign-in out. */
  small: { all: 16 * megabyte, address: megabyte, network: 2 * megabyte },
} satisfies Record<string, Room>;

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
  const arriving = openRooms();
  const boundsFor = (sender: Sender, maxBytes: number): Bounds => {
    // All connections together hold 16 MB of these. Nobody can keep the owner's sign-in out with others.
    if (maxBytes <= maxLinkBodyBytes) return new Map();
    const { known } = sender;
    const isSmall = maxBytes <= maxSmallBodyBytes;
    const isTrusted = known !== null && known.standing !== 'stranger';
    const room = isTrusted ? 'trusted' : known ? 'accounts' : isSmall ? 'small' : 'unknown';
    return boundsIn(room, rooms[room], sender);
  };
  const counterFor =
    (bounds: Bounds): Count =>
    (bytes) => {
      arriving.hold(bounds, bytes);
      return arriving.hasRoom(bounds, 0);
    };
  return {
    /** Whether small bodies nearly fill their room, so that even their senders should say who they are. */
    isCrowded: () => arriving.heldOf('small all all') > rooms.small.all - megabyte,
    /**
     * Reads a request's body before anything parses it, declared or chunked, and stops at the limit. A handler behind it
     * never waits for a slow sender, and what it reads has a known length.
     */
    read: async (
      request: IncomingMessage,
      maxBytes: number,
      sender: Sender,
    ): Promise<IncomingMessage | UnreadBody> => {
      if (announcedBytes(request) === 0) return request;
      if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too large';
      const body = await readUpTo(request, maxBytes, counterFor(boundsFor(sender, maxBytes)));
      return typeof body === 'string' ? body : withBody(request, body);
    },
  };
};
