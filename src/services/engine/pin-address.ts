import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { SourceError } from '#verification/sources/source.ts';
import { type NetworkRuleOptions, networkRule } from './network-rule.ts';

/**
 * The network rule for git, which looks names up by itself: the address is resolved and checked here, and git is told
 * to dial that address and no other, so that a name which changes its mind afterwards gains nothing.
 */
export const pinAddress = (options: NetworkRuleOptions) => {
  const rule = networkRule(options);
  return async (url: URL): Promise<Record<string, string>> => {
    const exempt = rule.exemptsOrigin(url.origin);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const addresses = isIP(host) === 0 ? await addressesOf(host) : [host];
    const allowed = addresses.find((address) => rule.refuses(address, exempt) === null);
    if (allowed === undefined)
      throw new SourceError(
        'invalid',
        'The repository stands at an address that this installation does not call: it clones from public addresses only. Its operator can exempt an origin or a network with OUTBOUND_ALLOW.',
      );
    if (isIP(host) !== 0) return {};
    const dialled = allowed.includes(':') ? `[${allowed}]` : allowed;
    return { 'http.curloptResolve': `${host}:${url.port || '443'}:${dialled}` };
  };
};

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
