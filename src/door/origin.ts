import type { IncomingHttpHeaders } from 'node:http';
import type { RequestKind } from './request-kind.ts';

export type OriginRule = {
  /** Where our own pages are: scheme, name and port. */
  own: readonly string[];
  /** Origins whose pages may make calls with a bearer token. `*`: all. */
  bearer: readonly string[];
  /** Whether pages of every origin may read what is public. A local installation has nothing public. */
  publicReads: boolean;
};

/** What a request from a page of another origin may do. */
export type OriginVerdict = {
  /** Without cookies, because browsers attach them whichever page asks. */
  foreign: boolean;
  /** The value of `Access-Control-Allow-Origin`; null: the page must not read the answer. */
  allowOrigin: string | null;
  refused: boolean;
};

export type Asking = { method: string; headers: IncomingHttpHeaders };

const isBearer = (authorization: string | undefined) => /^bearer /i.test(authorization ?? '');

/**
 * Whether a page of another origin asks. A browser names the page in `Origin`, on posts and on every fetch across
 * origins. SameSite treats all ports of one host as one site, so a page of another program on localhost would send our
 * cookie. `Host` proves nothing: it names whatever address the page used.
 */
const isForeign = ({ method, headers }: Asking, { own }: OriginRule): boolean => {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
  if (origin !== undefined && !own.includes(origin)) return true;
  if (site !== 'cross-site' && site !== 'same-site') return false;
  // A link from another site is followed with cookies; it changes nothing.
  return !(mode === 'navigate' && (method === 'GET' || method === 'HEAD'));
};

const listed = (origin: string, origins: readonly string[]): string | null => {
  if (origins.includes('*')) return '*';
  return origins.includes(origin) ? origin : null;
};

/** Which origins may read the answer to such a call. */
const allowedFor = (
  origin: string,
  kind: RequestKind,
  { withBearer, isRead }: { withBearer: boolean; isRead: boolean },
  rule: OriginRule,
): string | null => {
  if (!kind.api) return null;
  // Cross-origin between two of our own names, such as localhost and 127.0.0.1.
  if (rule.own.includes(origin)) return origin;
  if (kind.walletSignIn) return rule.bearer.includes(origin) ? origin : null;
  if (withBearer) return listed(origin, rule.bearer);
  return isRead && rule.publicReads ? '*' : null;
};

/** The one place that decides what pages of other origins may do. */
export const judgeOrigin = (asking: Asking, kind: RequestKind, rule: OriginRule): OriginVerdict => {
  if (!isForeign(asking, rule)) return { foreign: false, allowOrigin: null, refused: false };
  const withBearer = isBearer(asking.headers.authorization);
  const { isRead } = kind;
  const allowOrigin = allowedFor(asking.headers.origin ?? '', kind, { withBearer, isRead }, rule);
  // Without a token a write could only be meant for its visitor's cookie.
  const mayWrite = allowOrigin !== null && (kind.walletSignIn || withBearer);
  return { foreign: true, allowOrigin, refused: !isRead && !mayWrite };
};

const preflightHeaders = ['authorization', 'content-type', 'idempotency-key', 'if-none-match'];

/**
 * The answer's headers to a browser that asks whether a page may make a call. Null if it may not.
 * @param kind of the call that the page wants to make.
 */
export const preflight = (
  headers: IncomingHttpHeaders,
  kind: RequestKind,
  rule: OriginRule,
): Record<string, string> | null => {
  const { origin = '' } = headers;
  const wanted = (headers['access-control-request-headers'] ?? '').toLowerCase();
  const withBearer = wanted.split(',').some((name) => name.trim() === 'authorization');
  const { isRead, walletSignIn } = kind;
  const allowOrigin = allowedFor(origin, kind, { withBearer, isRead }, rule);
  if (allowOrigin === null || !(isRead || walletSignIn || withBearer)) return null;
  return {
    'access-control-allow-origin': allowOrigin,
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': preflightHeaders.join(', '),
    'access-control-max-age': '7200',
  };
};

export const exposedHeaders = 'ETag, Retry-After, RateLimit, RateLimit-Policy';
