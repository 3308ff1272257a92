import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { SourceError } from '#verification/sources/source.ts';
import { type NetworkRuleOptions, networkRule, refusesName } from './network-rule.ts';
import { isDirect, type ProxySettings, proxyUrls } from './proxies.ts';
import { openRelay, openTunnels } from './tunnel.ts';

const portOf = (url: URL) => url.port || (url.protocol === 'http:' ? '80' : '443');

/**
 * The network rule for git, which resolves names on its own. The address is resolved and checked here, and git is told
 * to dial only that address, so a name that resolves differently later gains nothing. An older git would ignore the
 * pin, so it is refused where only public addresses may be called.
 */
export const pinAddress = (
  { proxies, ...options }: NetworkRuleOptions & { proxies: ProxySettings },
  gitVersion: () => Promise<string>,
) => {
  const rule = networkRule(options);
  const { oracle } = proxies;
  // Opened at the first clone.
  let relay: ReturnType<typeof openRelay> | null = null;
  const requirePinning = async () => {
    const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(await gitVersion())?.slice(1) ?? []).map(Number);
    if (major > 2 || (major === 2 && minor >= 37)) return;
    throw new SourceError(
      'invalid',
      'This installation’s git is older than 2.37 and cannot be pinned to a checked address, so it clones nothing for others. Its operator can install a newer one; repositories on GitHub can be named as owner/name.',
    );
  };
  return async (url: URL): Promise<Record<string, string>> => {
    const exempt = rule.exemptsOrigin(url.origin);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const isTunnelled = oracle !== null && !isDirect(url, proxies.direct);
    if (
      proxyUrls(proxies).some((proxy) => proxy.hostname === url.hostname && portOf(proxy) === portOf(url)) ||
      (isTunnelled && oracle.resolves && isIP(host) === 0 && refusesName(host, exempt) !== null)
    )
      throw refusal();
    if (isTunnelled && oracle.resolves && isIP(host) === 0) return { 'http.proxy': oracle.url };
    const addresses = isIP(host) === 0 ? await addressesOf(host) : [host];
    const allowed = addresses.find((address) => rule.refuses(address, exempt) === null);
    if (allowed === undefined) throw refusal();
    if (isTunnelled) {
      relay ??= openRelay(openTunnels(oracle.url));
      return { 'http.proxy': await relay.leadTo(url.hostname, portOf(url), allowed) };
    }
    if (isIP(host) !== 0) return {};
    if (options.publicOnly) await requirePinning();
    const dialled = allowed.includes(':') ? `[${allowed}]` : allowed;
    return { 'http.curloptResolve': `${host}:${url.port || '443'}:${dialled}` };
  };
};

const refusal = () =>
  new SourceError(
    'invalid',
    'This installation does not call the repository’s address: it clones from public addresses only, but for its owner in local mode. Its operator can exempt an origin or a network with OUTBOUND_ALLOW.',
  );

const addressesOf = async (host: string): Promise<string[]> => {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new SourceError(
      'unreachable',
      `The host ${host} cannot be found. Check the repository's address.`,
      {
        retryable: true,
        cause,
      },
    );
  }
};
