import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, fetch } from 'undici';
import type { ExchangePorts } from '#verification/oracles/exchange.ts';
import { networkRuleCode } from '#verification/oracles/fault.ts';
import { type NetworkRuleOptions, networkRule } from './network-rule.ts';

/** Which addresses a run may call: public ones, or private ones too. */
export type Reach = 'public' | 'private';

export const byReach = <T>(make: (reach: Reach) => T): Record<Reach, T> => ({
  public: make('public'),
  private: make('private'),
});

export type GuardedFetchOptions = NetworkRuleOptions & {
  /** The application's own demonstration oracle: called at any address, but no run may name it. */
  alwaysAllowedOrigins: string[];
  /** The system's look-up, except in tests. */
  lookup?: typeof systemLookup;
};

/** What an oracle is reached through: calls, and a look whether anything listens. */
export type GuardedFetch = Pick<ExchangePorts, 'fetch' | 'connect'> & {
  /** Null if this URL may be called, otherwise what is wrong with it. A name that cannot be resolved now passes. */
  checkUrl(url: string): Promise<string | null>;
  /** Closes the pooled connections. */
  close(): Promise<void>;
};

const connectTimeoutMs = 10_000;
/** A silent name server must not delay a form. */
const checkTimeoutMs = 3000;

/** The network rule refused an address. The message is for the run's owner and names no resolved address. */
class NetworkRuleError extends Error {
  override readonly name = 'NetworkRuleError';
  readonly code = networkRuleCode;
}

const bareHost = (url: URL) => url.hostname.replace(/^\[|\]$/g, '');

/**
 * `fetch` under the network rule. The rule is enforced on the dialled address, within the connection's own name
 * look-up, so a name that resolves differently between check and call gains nothing. Literal addresses skip the look-up
 * and are checked in the URL, after its parser has undone every odd spelling.
 * @throws Error when OUTBOUND_ALLOW cannot be parsed.
 */
export const guardedFetch = ({
  alwaysAllowedOrigins,
  lookup = systemLookup,
  ...options
}: GuardedFetchOptions): GuardedFetch => {
  const rule = networkRule(options);
  const ownOrigins = new Set(alwaysAllowedOrigins.map((origin) => new URL(origin).origin));

  const guardedLookup =
    (exempt: boolean): LookupFunction =>
    (hostname, lookupOptions, callback) => {
      lookup(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
        if (error !== null) {
          callback(error, []);
          return;
        }
        const allowed = addresses.filter(({ address }) => rule.refuses(address, exempt) === null);
        const [first] = allowed;
        if (first === undefined) {
          const refusal = addresses.map(({ address }) => rule.refuses(address, exempt)).find(Boolean);
          callback(new NetworkRuleError(refusal ?? 'The host name has no address.'), []);
        } else if (lookupOptions.all === true) callback(null, allowed);
        else callback(null, first.address, first.family);
      });
    };

  const dialling = (exempt: boolean) => {
    const connector = buildConnector({ lookup: guardedLookup(exempt), timeout: connectTimeoutMs });
    return { connector, agent: new Agent({ connect: connector }) };
  };
  // Connections are pooled by origin, and an origin is either exempt or not, so no pool mixes the two.
  const ways = { strict: dialling(false), exempt: dialling(true) };

  /** The way to a URL. */
  const wayTo = (url: URL) => {
    const exempt = rule.exemptsOrigin(url.origin) || ownOrigins.has(url.origin);
    const host = bareHost(url);
    const refusal = isIP(host) === 0 ? null : rule.refuses(host, exempt);
    if (refusal !== null) throw new NetworkRuleError(refusal);
    return exempt ? ways.exempt : ways.strict;
  };

  return {
    async fetch(text, init) {
      const url = new URL(text);
      return fetch(url, { ...init, dispatcher: wayTo(url).agent });
    },

    async connect(text, signal) {
      const url = new URL(text);
      const { connector } = wayTo(url);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      const { host, protocol, port } = url;
      connector({ hostname: bareHost(url), host, protocol, port }, (error, socket) => {
        socket?.destroy();
        if (error === null) resolve();
        else reject(error);
      });
      await promise.finally(() => signal?.removeEventListener('abort', abort));
    },

    async checkUrl(text) {
      const url = URL.canParse(text) ? new URL(text) : null;
      if (url === null || !/^https?:$/.test(url.protocol)) {
        return 'Must be an http or https URL, for example https://oracle.example.com/verify.';
      }
      const exempt = rule.exemptsOrigin(url.origin);
      const host = bareHost(url);
      if (isIP(host) !== 0) return rule.refuses(host, exempt);
      const addresses = await resolve(host, lookup);
      const refusals = addresses.map((address) => rule.refuses(address, exempt));
      return refusals.some((refusal) => refusal === null) ? null : (refusals[0] ?? null);
    },

    async close() {
      await Promise.all([ways.strict.agent.close(), ways.exempt.agent.close()]);
    },
  };
};

const resolve = (host: string, lookup: typeof systemLookup): Promise<string[]> =>
  new Promise((settle) => {
    const timer = setTimeout(() => settle([]), checkTimeoutMs);
    lookup(host, { all: true }, (error, addresses) => {
      clearTimeout(timer);
      settle(error === null ? addresses.map(({ address }) => address) : []);
    });
  });
