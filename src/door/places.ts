import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { EntryAnswer } from './answer.ts';
import type { RequestKind } from './request-kind.ts';
import { type Bounds, boundsIn, type KnownSender, openRooms, type Room } from './rooms.ts';

/**
 * Requests that may be worked on at once. Budgets count requests, but some take a hundred times as long as others, and all
 * share one thread. More places would make none of them faster. Each kind of sender has its own, as for bodies.
 */
const rooms = {
  /** The owner and listed accounts. */
  trusted: { account: 12 },
  accounts: { all: 32, account: 6, network: 12 },
  /** Senders who are not signed in, and others as long as there is room here. */
  unknown: { all: 64, network: 12, address: 6 },
  /** The way to the one-time link, which no crowd keeps the owner from. */
  ownersWayIn: { address: 6 },
} satisfies Record<string, Room>;

/** Requests that wait for a place, and hold their bodies: more than a page and what it loads ahead. */
const lines = {
  trusted: { account: 64 },
  accounts: { all: 128, account: 64, network: 96 },
  unknown: { all: 256, network: 96, address: 64 },
  ownersWayIn: { address: 64 },
} satisfies Record<keyof typeof rooms, Room>;

/** A person who waits longer has gone. */
const patienceMs = 10_000;

const tooMany: EntryAnswer = {
  status: 429,
  detail: 'Too many of your requests are under way. Wait for their answers, and try again in a few seconds.',
  headers: { 'retry-after': '5' },
};

export const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type') ?? '').startsWith('text/event-stream');

/** An answer that has waited for its reader for so long has a slow reader, and costs little from then on. */
const readerPatienceMs = 1_000;

/**
 * Calls back once little more is done for the answer: all of it is written, or it waits for a reader who takes it slowly.
 * An event stream only waits from its head on.
 */
const onceServed = (response: ServerResponse, served: () => void) => {
  const { writeHead, write, end } = response;
  let timer: NodeJS.Timeout | undefined;
  const reads = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  response.writeHead = ((...head: Parameters<typeof writeHead>) => {
    response.writeHead = writeHead;
    const written = response.writeHead(...head);
    if (isEventStream(response)) served();
    return written;
  }) as typeof writeHead;
  response.write = ((...chunk: Parameters<typeof write>) => {
    const takesMore = write.apply(response, chunk);
    if (!takesMore) timer ??= setTimeout(served, readerPatienceMs).unref();
    return takesMore;
  }) as typeof write;
  response.end = ((...rest: Parameters<typeof end>) => {
    const ended = end.apply(response, rest);
    served();
    return ended;
  }) as typeof end;
  response.on('drain', reads);
  response.once('close', () => {
    reads();
    served();
  });
};

/** Who sends these headers; null if they are not signed in, or are not looked up again so soon. */
export type FindSender = (
  headers: IncomingHttpHeaders,
  address: string | null,
) => Promise<KnownSender | null>;

type HowWaitEnded = 'entered' | 'late' | 'gone';
type Waiting = { places: Bounds; enter: () => void };

/**
 * The places of one server. A request that finds none waits for a while, so that a page that loads much at once is served.
 * @param findSender is asked only where the places of senders who are not known are taken.
 */
export const openPlaces = (findSender: FindSender) => {
  const taken = openRooms();
  const inLine = openRooms();
  const waiting = new Set<Waiting>();

  const leave = (places: Bounds) => {
    taken.hold(places, -1);
    for (const next of waiting) if (taken.hasRoom(next.places, 1)) next.enter();
  };

  const take = (places: Bounds, response: ServerResponse) => {
    taken.hold(places, 1);
    let left = false;
    onceServed(response, () => {
      if (left) return;
      left = true;
      leave(places);
    });
  };

  const wait = (places: Bounds, line: Bounds, response: ServerResponse): Promise<HowWaitEnded> =>
    new Promise((resolve) => {
      const end = (how: HowWaitEnded) => {
        waiting.delete(next);
        inLine.hold(line, -1);
        clearTimeout(timer);
        response.off('close', gone);
        resolve(how);
      };
      const gone = () => end('gone');
      const timer = setTimeout(() => end('late'), patienceMs);
      const next: Waiting = {
        places,
        enter: () => {
          take(places, response);
          end('entered');
        },
      };
      inLine.hold(line, 1);
      waiting.add(next);
      response.once('close', gone);
    });

  /**
   * Takes a place for the request until its answer is written. Returns null, the refusal if none becomes free in time, or
   * `gone` if the client has left meanwhile.
   */
  return async (
    { budget, isOwnersWayIn }: RequestKind,
    address: string | null,
    headers: IncomingHttpHeaders,
    response: ServerResponse,
  ): Promise<EntryAnswer | 'gone' | null> => {
    // Trials wait for a worker, in places of their own.
    if (budget === null || budget === 'trials') return null;
    const inRoom = (room: keyof typeof rooms, known: KnownSender | null) => {
      const sender = { known, address };
      return { places: boundsIn(room, rooms[room], sender), line: boundsIn(room, lines[room], sender) };
    };
    let { places, line } = inRoom(isOwnersWayIn ? 'ownersWayIn' : 'unknown', null);
    if (!isOwnersWayIn && !taken.hasRoom(places, 1)) {
      const known = await findSender(headers, address);
      if (known !== null)
        ({ places, line } = inRoom(known.standing === 'stranger' ? 'accounts' : 'trusted', known));
    }
    if (response.closed) return 'gone';
    if (taken.hasRoom(places, 1)) {
      take(places, response);
      return null;
    }
    if (!inLine.hasRoom(line, 1)) return tooMany;
    const how = await wait(places, line, response);
    if (how === 'gone') return how;
    return how === 'late' ? tooMany : null;
  };
};
