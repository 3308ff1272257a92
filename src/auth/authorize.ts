import type { TokenScope } from '#contracts/account.ts';
import { AppError } from '#contracts/errors.ts';
import { InsufficientScope } from '#contracts/insufficient-scope.ts';
import { NotListed } from '#services/account/index.ts';
import { type Actor, hasScope } from '#services/ground/index.ts';
import type { Caller } from './resolve-actor.ts';

/** Who may call: anyone; sessions and tokens with this scope; or sessions alone. */
export type Access = 'public' | TokenScope | 'session';

/** The actor that an `Access` guarantees. */
export type ActorOf<A extends Access> = A extends 'public' ? Actor | null : Actor;

/** @throws AppError UNAUTHORIZED, NotListed, InsufficientScope */
export const authorize = <A extends Access>(caller: Caller, access: A): ActorOf<A> => {
  const unlisted = caller !== null && 'unlisted' in caller;
  const actor = unlisted ? null : caller;
  if (access === 'public') return actor as ActorOf<A>;
  if (unlisted) throw new NotListed('UNAUTHORIZED');
  if (actor === null)
    throw new AppError('UNAUTHORIZED', 'Sign in, or send a personal token as Authorization: Bearer <token>.');
  if (access === 'session' && actor.credential?.kind !== 'session') throw new InsufficientScope(null);
  if (access !== 'session' && !hasScope(actor, access)) throw new InsufficientScope(access);
  return actor;
};

/** A refusal's `WWW-Authenticate` (RFC 6750, section 3). Null if the credential is not what was wrong. */
export const challengeOf = (headers: Headers, error: unknown): string | null => {
  if (error instanceof InsufficientScope)
    return `Bearer error="insufficient_scope"${error.scope === null ? '' : `, scope="${error.scope}"`}`;
  if (!(error instanceof AppError) || error.code !== 'UNAUTHORIZED') return null;
  if (!/^Bearer\b/i.test(headers.get('authorization') ?? '')) return 'Bearer';
  const why =
    error instanceof NotListed ? error.message : 'The token is unknown, was revoked, or has expired.';
  return `Bearer error="invalid_token", error_description="${why}"`;
};
