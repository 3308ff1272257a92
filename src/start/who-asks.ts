import type { IncomingHttpHeaders } from 'node:http';
import { challengeOf } from '#auth/authorize.ts';
import { credentialOf, resolveActor } from '#auth/resolve-actor.ts';
import { waitHeaders } from '#contracts/budget.ts';
import { AppError, errorCodes } from '#contracts/errors.ts';
import type { Database } from '#db/client.ts';
import type { EntryAnswer } from '#door/answer.ts';
import { maxSmallBodyBytes } from '#door/request-kind.ts';
import type { KnownSender } from '#door/rooms.ts';
import type { Environment } from '#env.ts';
import { ownUrl } from '#mode.ts';
import type { Budgets } from '#platform/budgets/budgets.ts';
import { lookUpBudgets } from '#platform/budgets/policies.ts';
import { hashSecret, kindOfSecret, NotListed } from '#services/account/index.ts';
import { type Log, reportFault, standingOf } from '#services/ground/index.ts';

const signInForLarge = `Without signing in, a request body may have at most ${maxSmallBodyBytes} bytes. Sign in, or send a personal token as Authorization: Bearer <token>.`;

/** How long an answer is remembered. What a secret that has ended meanwhile gains is a place in another budget. */
const rememberedMs = 60_000;
const mostRemembered = 10_000;

const headersOf = ({ authorization, cookie }: IncomingHttpHeaders): Headers => {
  const headers = new Headers();
  if (authorization !== undefined) headers.set('authorization', authorization);
  if (cookie !== undefined) headers.set('cookie', cookie);
  return headers;
};

/** Finds out whose session or token comes with a request, before anything else of it is read. */
export const openWhoAsks = (
  environment: Environment,
  { db, budgets, log }: { db: Database; budgets: Pick<Budgets, 'spend'>; log: Log },
) => {
  const auth = { db, url: ownUrl(environment), signInRule: { allow: environment.SIGN_IN_ALLOW } };
  const policy = { paidJudgeAccounts: environment.PAID_JUDGE_ACCOUNTS };

  const lookUp = async (headers: Headers): Promise<KnownSender | Error> => {
    try {
      const caller = await resolveActor(auth, headers);
      if (caller === null) return new AppError('UNAUTHORIZED', signInForLarge);
      if ('unlisted' in caller) return new NotListed('UNAUTHORIZED');
      return { userId: caller.userId, standing: await standingOf({ db, policy }, caller) };
    } catch (error) {
      return reportFault({ log }, error, { request: 'who asks' });
    }
  };

  const mayLookUp = async (address: string | null) =>
    (address === null
      ? await budgets.spend(lookUpBudgets.installation, 'all')
      : await budgets.spend(lookUpBudgets.address, address)) === null;
  const findNow = async (headers: Headers, address: string | null): Promise<KnownSender | null> => {
    const found = (await mayLookUp(address)) ? await lookUp(headers) : null;
    return found instanceof Error ? null : found;
  };
  const remembered = new Map<string, { until: number; sender: Promise<KnownSender | null> }>();
  const remember = (hash: string, sender: Promise<KnownSender | null>) => {
    const entry = { until: performance.now() + rememberedMs, sender };
    remembered.delete(hash);
    remembered.set(hash, entry);
    if (remembered.size > mostRemembered)
      for (const oldest of remembered.keys()) if (remembered.delete(oldest)) break;
    // Any number of bad secrets can be made up, and each would take a good one's place.
    sender.then(
      (found) => {
        if (found === null && remembered.get(hash) === entry) remembered.delete(hash);
      },
      () => remembered.delete(hash),
    );
  };

  return {
    /** Who sends a large body, or why it is not let in. */
    requireKnown: async (given: IncomingHttpHeaders): Promise<KnownSender | EntryAnswer> => {
      const headers = headersOf(given);
      const found = await lookUp(headers);
      if (!(found instanceof Error)) return found;
      const challenge = challengeOf(headers, found);
      return {
        status: found instanceof AppError ? errorCodes[found.code] : 500,
        detail: found.message,
        headers: { ...waitHeaders(found), ...(challenge === null ? {} : { 'www-authenticate': challenge }) },
      };
    },
    /**
     * Who sends a request, for requests beyond the common budgets and places, of which there may be any number: an answer
     * is remembered, and secrets that were never seen are looked up so often only. Null: a stranger who is not signed in.
     */
    findSender: async (given: IncomingHttpHeaders, address: string | null): Promise<KnownSender | null> => {
      const headers = headersOf(given);
      const secret = credentialOf(auth, headers)?.secret;
      if (secret === undefined || kindOfSecret(secret) === null) return null;
      const hash = hashSecret(secret);
      const known = remembered.get(hash);
      if (known !== undefined && performance.now() < known.until) return known.sender;
      const sender = findNow(headers, address);
      remember(hash, sender);
      return sender;
    },
  };
};
