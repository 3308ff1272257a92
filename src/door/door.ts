import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { clientHeader, pageHeader } from '#contracts/client-header.ts';
import { mostCallsPerRequest } from '#contracts/request.ts';
import { type EntryAnswer, securityHeaders, sendAnswer, sendRaw } from './answer.ts';
import { announcedBytes, bodyReader } from './body.ts';
import { type AddressRule, addressReader } from './client-address.ts';
import { plainTarget } from './decodable-path.ts';
import { type HostRule, hostRefusals, judgeHost } from './host.ts';
import { exposedHeaders, judgeOrigin, type OriginRule, preflight } from './origin.ts';
import { type FindSender, openPlaces } from './places.ts';
import { isProbe, kindOf, type RequestKind } from './request-kind.ts';
import type { KnownSender } from './rooms.ts';

/** Spends one request's share of its budgets. Returns the refusal if a budget is spent, else null. */
export type SpendBudget = (
  kind: RequestKind,
  address: string | null,
  headers: IncomingHttpHeaders,
) => Promise<EntryAnswer | null>;

/** Who sends these headers, by a session's or a token's secret, or the refusal of a sender who is not known. */
export type RequireKnown = (headers: IncomingHttpHeaders) => Promise<KnownSender | EntryAnswer>;

export type DoorSettings = {
  hosts: HostRule;
  origins: OriginRule;
  addresses: AddressRule;
  /** Whether people reach this installation by https. */
  secure: boolean;
  spend: SpendBudget;
  requireKnown: RequireKnown;
  findSender: FindSender;
};

const tooManyCalls: EntryAnswer = {
  status: 400,
  detail: `One request carries at most ${mostCallsPerRequest} calls. Send the others in further requests.`,
};

const foreignPage: EntryAnswer = {
  status: 403,
  detail:
    'A page of another origin may not do this. If the page is this installation’s own, set NEXTAUTH_URL to the address that people use. Other pages send a token as Authorization: Bearer, from an origin in CORS_ORIGINS.',
};

/** Behind the door a method that it does not know is a fault. */
const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
const unknownMethod: EntryAnswer = {
  status: 405,
  detail: `The methods are ${methods.join(', ')}.`,
  headers: { allow: methods.join(', ') },
};

const notFollowed: EntryAnswer = {
  status: 403,
  detail: 'A sign-in is completed by following the link of the service that people sign in with.',
};
/** Any page can make its visitor's browser load an address, and each load would count as the visitor's sign-in. */
const isLoadedByPage = ({ budget, isRead }: RequestKind, { headers }: IncomingMessage) =>
  budget === 'signIns' && isRead && (headers['sec-fetch-mode'] ?? 'navigate') !== 'navigate';

/** Long enough for a sender to read why, while the rest of its body is thrown away. */
const drainMs = 2_000;

const tooLarge = (maxBytes: number): EntryAnswer => ({
  status: 413,
  detail: `A request body may have at most ${maxBytes} bytes here.`,
});
const tooBusy: EntryAnswer = {
  status: 503,
  detail: 'Too many large requests are arriving. Try again in a few seconds.',
  headers: { 'retry-after': '5' },
};

/** Refuses a body without cutting the connection under a sender that has not read the answer yet. */
const refuseBody = (request: IncomingMessage, response: ServerResponse, answer: EntryAnswer) => {
  sendAnswer(response, answer);
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), drainMs).unref();
  request.once('end', () => clearTimeout(timer));
};

/** A header that several hops may have added to; the last one's words count. */
const lastOf = (header: string | string[] | undefined) =>
  (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').at(-1)?.trim() ?? '';

const addVary = (response: ServerResponse) => {
  const { writeHead } = response;
  // Next sets Vary itself, so ours is added when the head is written.
  response.writeHead = ((...head: Parameters<typeof writeHead>) => {
    response.appendHeader('vary', 'Origin');
    response.writeHead = writeHead;
    return response.writeHead(...head);
  }) as typeof writeHead;
};

/**
 * Decides what may pass to Next: the host, the origin, the size of requests, how many come and how many
 * are worked on at once. What passes names its client
 * and its host in forwarding headers of our own, and carries nobody else's.
 */
export const createDoor = ({
  hosts,
  origins,
  addresses,
  secure,
  spend,
  requireKnown,
  findSender,
}: DoorSettings) => {
  const reader = addressReader(addresses);
  const ownHeaders = securityHeaders(secure);
  const bodies = bodyReader();
  const enter = openPlaces(findSender);

  const clientOf = (request: IncomingMessage): string | null => {
    const forwarded = request.headers['x-forwarded-for'];
    return reader.clientOf(
      request.socket.remoteAddress,
      Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
    );
  };

  /** Next trusts these, so a stranger's own must not reach it. */
  const claimForwarding = (request: IncomingMessage, host: string, address: string | null) => {
    const { headers, socket } = request;
    const proto = reader.isProxy(socket.remoteAddress) ? lastOf(headers['x-forwarded-proto']) : '';
    for (const name of Object.keys(headers))
      if (name === 'forwarded' || name === 'x-real-ip' || name.startsWith('x-forwarded-'))
        delete headers[name];
    delete headers[clientHeader];
    delete headers[pageHeader];
    headers.host = host;
    headers['x-forwarded-host'] = host;
    headers['x-forwarded-proto'] = /^https?$/.test(proto) ? proto : secure ? 'https' : 'http';
    if (address !== null) headers[clientHeader] = address;
  };

  /** The answer under way on each connection. */
  const underWay = new WeakMap<Duplex, ServerResponse>();

  const hostOf = (request: IncomingMessage) =>
    judgeHost({ rawHeaders: request.rawHeaders, target: request.url ?? '' }, hosts);

  return {
    ownHeaders,
    /** For bounds on connections: null for a peer that stands for many clients. */
    peerOf: (peer: string | undefined): string | null =>
      reader.isProxy(peer) ? null : reader.clientOf(peer, undefined),

    /** Answers the request, or returns it in the form in which Next may have it. */
    admit: async (request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage | null> => {
      underWay.set(request.socket, response);
      for (const [name, value] of Object.entries(ownHeaders)) response.setHeader(name, value);
      const refuse = (answer: EntryAnswer) => {
        sendAnswer(response, answer);
        return null;
      };

      const judged = hostOf(request);
      const method = request.method ?? 'GET';
      const given = judged.kind === 'allowed' ? judged.target : (request.url ?? '');
      if (judged.kind !== 'allowed') {
        // A probe may ask by any name. It learns the status and nothing else.
        if (!isProbe(given.split('?', 1)[0] ?? '') || (method !== 'GET' && method !== 'HEAD'))
          return refuse(hostRefusals[judged.kind]);
        request.method = 'HEAD';
      }
      const target = plainTarget(given);
      const path = target.split('?', 1)[0] ?? '';
      request.url = target;
      const address = clientOf(request);
      claimForwarding(request, judged.kind === 'allowed' ? judged.host : 'localhost', address);

      const kind = kindOf(method, path);
      if (kind.api) addVary(response);
      const { headers } = request;
      const asks = headers['access-control-request-method'];
      if (kind.api && method === 'OPTIONS' && headers.origin !== undefined && asks !== undefined) {
        const allowed = preflight(headers, kindOf(asks, path), origins);
        return refuse(allowed === null ? foreignPage : { status: 204, detail: null, headers: allowed });
      }
      const verdict = judgeOrigin({ method, headers }, kind, origins);
      if (verdict.allowOrigin !== null) {
        response.setHeader('access-control-allow-origin', verdict.allowOrigin);
        response.setHeader('access-control-expose-headers', exposedHeaders);
      }
      if (verdict.foreign) delete headers.cookie;
      const refusals: [boolean, EntryAnswer][] = [
        [!methods.includes(method), unknownMethod],
        [verdict.refused, foreignPage],
        [isLoadedByPage(kind, request), notFollowed],
        [kind.calls > mostCallsPerRequest, tooManyCalls],
      ];
      const refusal = refusals.find(([applies]) => applies)?.[1] ?? null;
      // What is refused unread counts as one reading, so that nobody spends with it what others have in common.
      const overBudget = await spend(
        refusal === null ? kind : { ...kind, budget: 'reads', calls: 1 },
        address,
        headers,
      );
      if (overBudget !== null) return refuse(overBudget);
      if (refusal !== null) return refuse(refusal);
      const { origin } = headers;
      if (kind.walletSignIn && origin !== undefined && (!verdict.foreign || verdict.allowOrigin === origin))
        headers[pageHeader] = origin;

      const { maxBodyBytes, maxUnknownBodyBytes } = kind;
      const bytes = announcedBytes(request);
      const mustBeKnown = bytes > maxUnknownBodyBytes || (bytes > 0 && bodies.isCrowded());
      const asksWho = mustBeKnown && maxBodyBytes > maxUnknownBodyBytes;
      const sender = asksWho ? await requireKnown(headers) : null;
      const known = sender !== null && 'userId' in sender ? sender : null;
      const limit = known === null ? maxUnknownBodyBytes : maxBodyBytes;
      const buffered = await bodies.read(request, limit, { known, address });
      if (buffered === 'broken off') return null;
      if (typeof buffered === 'string') {
        const whyTooLarge = sender !== null && 'status' in sender ? sender : tooLarge(limit);
        refuseBody(request, response, buffered === 'too busy' ? tooBusy : whyTooLarge);
        return null;
      }
      // Not before, so that a slow sender takes no place.
      const noPlace = await enter(kind, address, headers, response);
      if (noPlace !== null) return noPlace === 'gone' ? null : refuse(noPlace);
      return buffered;
    },

    /** The same for an upgrade. Only pages of our own may open one. */
    admitUpgrade: (request: IncomingMessage, socket: Duplex): boolean => {
      const judged = hostOf(request);
      const refuse = (answer: EntryAnswer) => {
        sendRaw(socket, answer, secure);
        return false;
      };
      if (judged.kind !== 'allowed') return refuse(hostRefusals[judged.kind]);
      const target = plainTarget(judged.target);
      request.url = target;
      const { headers } = request;
      const kind = kindOf('GET', target.split('?', 1)[0] ?? '');
      if (judgeOrigin({ method: 'GET', headers }, kind, origins).foreign) return refuse(foreignPage);
      claimForwarding(request, judged.host, clientOf(request));
      return true;
    },

    /** What node:http could not parse, or what did not arrive in time. */
    refuseUnreadable: ({ code }: NodeJS.ErrnoException, socket: Duplex): void => {
      const response = underWay.get(socket);
      // Written into an answer under way, it would be read as that answer's body.
      if (response?.headersSent && !response.writableFinished) return void socket.destroy();
      const late = code === 'ERR_HTTP_REQUEST_TIMEOUT';
      const status = late ? 408 : code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
      const detail = late
        ? 'The request did not arrive in time.'
        : status === 431
          ? 'The request’s headers are too large.'
          : 'The request is not HTTP/1.1.';
      sendRaw(socket, { status, detail }, secure);
    },
  };
};

export type Door = ReturnType<typeof createDoor>;
