import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, fetch } from 'undici';
import type { ExchangePorts } from '#verification/oracles/exchange.ts';
import { networkRuleCode } from '#verification/oracles/fault.ts';
import { type NetworkRuleOptions, networkRule, proxyRefusal, refusesName } from './network-rule.ts';
import { isDirect, type ProxySettings, proxyUrls } from './proxies.ts';
import { openTunnels, secureTunnel } from './tunnel.ts';

/** Which addresses a run may call: public ones, or private ones too. */
export type Reach = 'public' | 'private';

export const byReach = <T>(make: (reach: Reach) => T): Record<Reach, T> => ({
  public: make('public'),
  private: make('private'),
});

export type GuardedFetchOptions = NetworkRuleOptions & {
  /** The application's own demonstration oracle: called at any address, but no run may name it. */
  alwaysAllowedOrigins: string[];
  /** Nobody may name one of them. Without one for oracles, addresses are dialled directly. */
  proxies: ProxySettings;
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
 * look-up, so a name that resolves differently between check and call gains nothing. With a proxy for oracles, the proxy
 * is asked for the checked address, and the name stays in SNI, Host and certificate. Literal addresses skip the look-up
 * and are checked in the URL, after its parser has undone every odd spelling.
 * @throws Error when OUTBOUND_ALLOW cannot be parsed.
 */
export const guardedFetch = ({
  alwaysAllowedOrigins,
  lookup = systemLookup,
  proxies,
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

  const tunnels = proxies.oracle === null ? null : openTunnels(proxies.oracle.url);
  const isTunnelled = (url: URL) => tunnels !== null && !isDirect(url, proxies.direct);
  const proxyHosts = proxyUrls(proxies);
  const namesProxy = (url: URL) =>
    proxyHosts.some((proxy) => proxy.hostname === url.hostname && portOf(proxy) === portOf(url));

  /** Tells the addresses of the proxies that listen on this port. */
  const proxiesAt = async (port: string): Promise<(address: string | undefined) => boolean> => {
    const near = proxyHosts.filter((proxy) => portOf(proxy) === port);
    const known = new Set(
      (await Promise.all(near.map((proxy) => addressesOf(bareHost(proxy), lookup)))).flat(),
    );
    const onThisMachine = [...known].some(isThisMachine);
    return (address) =>
      address !== undefined && (known.has(address) || (onThisMachine && isThisMachine(address)));
  };

  /** What the proxy is asked to connect to: an address that was checked, or a name that it resolves. */
  const tunnelTarget = async (host: string, exempt: boolean): Promise<string> => {
    if (isIP(host) !== 0) return host;
    if (proxies.oracle?.resolves) {
      const refusal = refusesName(host, exempt);
      if (refusal !== null) throw new NetworkRuleError(refusal);
      return host;
    }
    return new Promise((settle, refuse) =>
      guardedLookup(exempt)(host, {}, (error, address) =>
        error === null ? settle(String(address)) : refuse(error),
      ),
    );
  };

  const dialling = (exempt: boolean) => {
    const dial = buildConnector({ lookup: guardedLookup(exempt), timeout: connectTimeoutMs });
    const connector: buildConnector.connector = (to, callback) => {
      // undici gives an IPv6 address without its brackets.
      const named = isIP(to.hostname) === 6 ? `[${to.hostname}]` : to.hostname;
      const url = new URL(`${to.protocol}//${named}${to.port ? `:${to.port}` : ''}`);
      const open = async () => {
        const isProxy = await proxiesAt(portOf(url));
        if (isProxy(bareHost(url))) throw new NetworkRuleError(proxyRefusal);
        if (tunnels === null || !isTunnelled(url)) {
          dial(to, (...outcome) => {
            const [, socket] = outcome;
            // On the dialled address, since the name may resolve differently each time.
            if (!isProxy(socket?.remoteAddress)) callback(...outcome);
            else {
              socket?.destroy();
              callback(new NetworkRuleError(proxyRefusal), null);
            }
          });
          return;
        }
        const target = await tunnelTarget(bareHost(url), exempt);
        if (isProxy(target)) throw new NetworkRuleError(proxyRefusal);
        const socket = await tunnels.open(target, portOf(url));
        if (to.protocol === 'https:') secureTunnel(socket, to, callback);
        else callback(null, socket);
      };
      open().catch((error: unknown) =>
        callback(error instanceof Error ? error : new Error(String(error)), null),
      );
    };
    return { connector, agent: new Agent({ connect: connector }) };
  };
  // Connections are pooled by origin, and an origin is either exempt or not, so no pool mixes the two.
  const ways = { strict: dialling(false), exempt: dialling(true) };

  /** The way to a URL. */
  const wayTo = (url: URL) => {
    const exempt = rule.exemptsOrigin(url.origin) || ownOrigins.has(url.origin);
    const host = bareHost(url);
    const refusal = namesProxy(url) ? proxyRefusal : isIP(host) === 0 ? null : rule.refuses(host, exempt);
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
      if (namesProxy(url)) return proxyRefusal;
      const exempt = rule.exemptsOrigin(url.origin);
      const host = bareHost(url);
      if (isIP(host) === 0 && proxies.oracle?.resolves && isTunnelled(url)) return refusesName(host, exempt);
      if (isIP(host) !== 0) return rule.refuses(host, exempt);
      const addresses = await resolve(host, lookup);
      const refusals = addresses.map((address) => rule.refuses(address, exempt));
      return refusals.some((refusal) => refusal === null) ? null : (refusals[0] ?? null);
    },

    async close() {
      await Promise.all([ways.strict.agent.close(), ways.exempt.agent.close(), tunnels?.close()]);
    },
  };
};

const portOf = (url: URL) => url.port || (url.protocol === 'https:' ? '443' : '80');

const isThisMachine = (address: string) => /^(?:127\.|0\.0\.0\.0$|::1?$|::ffff:(?:127\.|7f))/.test(address);

const addressesOf = async (host: string, lookup: typeof systemLookup) =>
  isIP(host) === 0 ? resolve(host, lookup) : [host];

const resolve = (host: string, lookup: typeof systemLookup): Promise<string[]> =>
  new Promise((settle) => {
    const timer = setTimeout(() => settle([]), checkTimeoutMs);
    lookup(host, { all: true }, (error, addresses) => {
      clearTimeout(timer);
      settle(error === null ? addresses.map(({ address }) => address) : []);
    });
  });
