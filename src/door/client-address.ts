import ipaddr from 'ipaddr.js';

export type AddressRule = {
  /** Proxies whose X-Forwarded-For is believed, as networks or addresses. */
  trusted: readonly string[];
  /** A proxy is likely on this machine but not named, so a loopback peer stands for everybody. */
  loopbackIsProxy: boolean;
};

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address as a socket or a proxy writes it; IPv4 inside IPv6 is IPv4, and some proxies add a port. */
const parse = (text: string): Address | null => {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const unzoned = bare.replace(/%.*$/, '');
  if (!ipaddr.IPv6.isValid(unzoned) && !ipaddr.IPv4.isValidFourPartDecimal(unzoned)) return null;
  return ipaddr.process(unzoned);
};

const networkOf = (entry: string): [Address, number] => {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
  const address = ipaddr.parse(entry);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
};

/** A provider gives a customer at least a /64, so all its addresses are one. */
const inBudgetsOf = (address: Address): string =>
  address instanceof ipaddr.IPv4
    ? address.toString()
    : `${new ipaddr.IPv6([...address.parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`;

/**
 * Finds whom a request's budgets count: the socket's peer, or, where that is a trusted proxy, the rightmost entry of
 * X-Forwarded-For that is not. Entries further left are the client's own words. Null where nobody can be told apart.
 */
export const addressReader = ({ trusted, loopbackIsProxy }: AddressRule) => {
  const networks = trusted.map(networkOf);
  const isTrusted = (address: Address) =>
    networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));

  const clientOf = (peer: string | undefined, forwardedFor: string | undefined): string | null => {
    let client = parse(peer ?? '');
    if (client === null) return null;
    const entries = (forwardedFor ?? '').split(',').map((entry) => entry.trim());
    while (isTrusted(client)) {
      const before = parse(entries.pop() ?? '');
      // What a trusted proxy could not name is counted as that proxy.
      if (before === null) break;
      client = before;
    }
    return loopbackIsProxy && client.range() === 'loopback' ? null : inBudgetsOf(client);
  };
  return {
    clientOf,
    isProxy: (peer: string | undefined): boolean => {
      const address = parse(peer ?? '');
      return address !== null && isTrusted(address);
    },
  };
};
