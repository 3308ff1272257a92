import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from 'undici';
import { isCertificateFault, proxyFaultCode } from '#contracts/errors.ts';

/** The proxies of the environment, under their standard names. */
export type ProxySettings = {
  /** For https addresses. */
  https: string | null;
  /** For http addresses, and for https ones without a proxy of their own. */
  http: string | null;
  /** For addresses that strangers name: oracles, what proves control of them, and git repositories. */
  oracle: OracleProxy | null;
  /** Names, domains and addresses that are reached directly: `NO_PROXY`. */
  direct: string;
};

export const noProxies: ProxySettings = { https: null, http: null, oracle: null, direct: '' };

const defaultPorts: Record<string, string> = { 'http:': '80', 'https:': '443' };

export type OracleProxy = {
  url: string;
  /** The proxy resolves names, and refuses private networks itself. Otherwise it is given addresses that we checked. */
  resolves: boolean;
};

/** True if `NO_PROXY` lists the address: by name, by a domain above it, with or without a port; `*` lists all. */
export const isDirect = (url: URL, direct: string): boolean => {
  const host = url.hostname.toLowerCase();
  const port = url.port || defaultPorts[url.protocol];
  return direct
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', onlyPort] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      // A bare IPv6 address ends like a port.
      if (entry === host || `[${entry}]` === host) return true;
      return (
        name !== '' &&
        (onlyPort === undefined || onlyPort === port) &&
        (host === name || host.endsWith(`.${name}`))
      );
    });
};

/** The proxy that the environment names for an address, or null. */
export const proxyFor = (url: URL, { https, http, direct }: ProxySettings): string | null => {
  const proxy = url.protocol === 'https:' ? (https ?? http) : http;
  return proxy === null || isDirect(url, direct) ? null : proxy;
};

/** A proxy did not make the connection. The message names the proxy's host, and no secret. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** Nothing was sent to the server behind it. */
  readonly code = proxyFaultCode;
}

const causesOf = (error: unknown): Error[] =>
  error instanceof Error ? [error, ...causesOf(error.cause)] : [];

/** Why a request by way of a proxy failed before it was sent, or the error itself. */
export const behindProxy = (error: unknown, proxy: string): unknown => {
  const { host } = new URL(proxy);
  for (const cause of causesOf(error)) {
    const { code = '', syscall } = cause as NodeJS.ErrnoException;
    const status = /^Proxy response \((\d+)\)/.exec(cause.message)?.[1];
    if (status === '407')
      return new ProxyError(
        `The proxy ${host} asks for a user name and password (407). Give them in its variable.`,
      );
    if (status !== undefined)
      return new ProxyError(`The proxy ${host} did not make the connection (status ${status}).`);
    // Only the proxy is dialled.
    if (syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT')
      return new ProxyError(`The proxy ${host} could not be reached (${code}).`);
    if (isCertificateFault(code))
      return new ProxyError(
        `The certificate that came through the proxy ${host} is not trusted (${code}). If the proxy opens TLS, set NODE_EXTRA_CA_CERTS to its certificate.`,
      );
  }
  return error;
};

/** All of them. */
export const proxyUrls = ({ https, http, oracle }: ProxySettings): URL[] =>
  [https, http, oracle?.url ?? null].flatMap((url) => (url === null ? [] : [new URL(url)]));

export type ProxiedFetch = { fetch: typeof fetch; close(): Promise<void> };

/** `fetch` for the services that the operator has chosen: by way of the environment's proxies. */
export const proxiedFetch = (settings: ProxySettings): ProxiedFetch => {
  if (settings.https === null && settings.http === null) return { fetch, close: async () => undefined };
  const agents = new Map<string | null, Dispatcher>();
  const agentOf = (proxy: string | null): Dispatcher => {
    const agent = agents.get(proxy) ?? (proxy === null ? new Agent() : new ProxyAgent(proxy));
    agents.set(proxy, agent);
    return agent;
  };
  const send = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const proxy = proxyFor(url, settings);
    try {
      // undici's types differ from those of the same classes in the DOM.
      const options = { ...init, dispatcher: agentOf(proxy) } as Parameters<typeof undiciFetch>[1];
      return (await undiciFetch(url, options)) as unknown as Response;
    } catch (error) {
      throw proxy === null ? error : behindProxy(error, proxy);
    }
  };
  return {
    fetch: send,
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.close()));
    },
  };
};

/** git's configuration for an address that is reached by way of the environment's proxies. */
export const gitProxy = (url: URL, settings: ProxySettings): Record<string, string> => {
  const proxy = proxyFor(url, settings);
  return proxy === null ? {} : { 'http.proxy': proxy };
};
