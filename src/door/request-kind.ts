import { isPublicFile } from '#contracts/public-files.ts';
import { maxBodyBytes, trialCalls } from '#contracts/request.ts';

/** What a request is, by its method and path alone, before anything of it is parsed. */
export type RequestKind = {
  /** The budget that it counts against. Null: it is not counted. */
  budget: 'reads' | 'writes' | 'signIns' | 'trials' | null;
  /** How many calls it makes: each counts. */
  calls: number;
  /** A nonce or a sign-in of a wallet. Only our own pages and those of listed origins may ask. */
  walletSignIn: boolean;
  /** What the page of the one-time link asks for before anybody is signed in: the owner's way in. */
  isOwnersWayIn: boolean;
  /** Called by programs and by pages of other origins, not only by ours. */
  api: boolean;
  isRead: boolean;
  maxBodyBytes: number;
  /** The same for a sender without a session's or a token's secret. */
  maxUnknownBodyBytes: number;
};

/** A sign-in's message and signature. Pages take no bodies. */
export const maxSmallBodyBytes = 64 * 1024;
/** A one-time link's secret. */
export const maxLinkBodyBytes = 4 * 1024;

const walletCalls = new Set(['auth.nonce', 'auth.walletMessage', 'auth.walletSignIn']);

/** Next-auth's client asks for the last two before it posts the link's secret. */
const ownersWayIn = {
  read: new Set(['/sign-in', '/api/auth/providers', '/api/auth/csrf']),
  write: new Set(['/api/auth/callback/link']),
};

export const isProbe = (path: string) => path === '/api/health' || path === '/api/ready';

const isUnder = (folder: string, path: string) => path === folder || path.startsWith(`${folder}/`);

/** @param plainPath that can be decoded and has no dot segments (`plainTarget`). */
export const kindOf = (method: string, plainPath: string): RequestKind => {
  // What routes a request may compare decoded paths.
  const path = decodeURIComponent(plainPath);
  const isRead = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  const trpc = isUnder('/api/trpc', path);
  // One request may carry several calls. Slashes around their names are cut off behind the entry.
  const calls = trpc ? path.slice('/api/trpc'.length).split(/[/,]+/).filter(Boolean) : [];
  const walletSignIn = calls.some((call) => walletCalls.has(call));
  const api = trpc || isUnder('/api/v1', path);
  const demonstration = isUnder('/api/demo-oracle', path);
  const budget = (): RequestKind['budget'] => {
    if (isProbe(path) || plainPath.startsWith('/_next/static/')) return null;
    // GitHub sends people back by a link, which makes us call GitHub.
    if (isUnder('/api/auth/callback', path)) return 'signIns';
    if (!isRead && (walletSignIn || isUnder('/api/auth', path))) return 'signIns';
    if (!isRead && calls.some((call) => trialCalls.includes(call))) return 'trials';
    // The demonstration oracle writes nothing, and a run asks it a hundred questions.
    return isRead || demonstration ? 'reads' : 'writes';
  };
  // Runs ask the demonstration oracle without signing in.
  const takesLarge = demonstration || (api && !walletSignIn);
  const isOwnersWayIn = ownersWayIn[isRead ? 'read' : 'write'].has(path);
  const maxSmall = isOwnersWayIn ? maxLinkBodyBytes : maxSmallBodyBytes;
  return {
    budget: budget(),
    calls: Math.max(1, calls.length),
    walletSignIn,
    isOwnersWayIn,
    api: api || isPublicFile(path),
    isRead,
    maxBodyBytes: takesLarge ? maxBodyBytes : maxSmall,
    maxUnknownBodyBytes: demonstration ? maxBodyBytes : maxSmall,
  };
};
