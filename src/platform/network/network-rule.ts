import ipaddr from 'ipaddr.js';

/**
 * Which addresses may be called: public ones only, or all but metadata services. `allow` lists origins (`https://host[:port]`) and networks (CIDR or a single address).
 */
export type NetworkRuleOptions = { publicOnly: boolean; allow: string[] };

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/**
 * Where clouds hand their machines' credentials to any caller inside. Never called, whatever is exempt. AWS and most
 * others, ECS, EKS, Azure's wire server, Alibaba, Oracle, Google's IPv6.
 */
const metadataNetworks: Network[] = [
  '169.254.0.0/16',
  '168.63.129.16/32',
  '100.100.100.200/32',
  '192.0.0.192/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
].map((network) => ipaddr.parseCIDR(network));

const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** IPv6 forms that carry an IPv4 address, and the 16-bit part where it starts. */
const carriers: [ipaddr.IPv6, number, number][] = [
  [ipaddr.IPv6.parse('::ffff:0:0'), 96, 6],
  [ipaddr.IPv6.parse('::ffff:0:0:0'), 96, 6],
  [ipaddr.IPv6.parse('::'), 96, 6],
  [ipaddr.IPv6.parse('64:ff9b::'), 96, 6],
  [ipaddr.IPv6.parse('64:ff9b:1::'), 48, 6],
  [ipaddr.IPv6.parse('2002::'), 16, 1],
];

/**
 * The address that packets reach: the one inside an IPv4-mapped, NAT64 or 6to4 address, otherwise the address itself.
 */
function unwrap(address: Address): Address {
  if (!(address instanceof ipaddr.IPv6)) return address;
  const carrier = carriers.find(([network, bits]) => address.match(network, bits));
  if (carrier === undefined || address.range() === 'unspecified' || address.range() === 'loopback') {
    return address;
  }
  const high = address.parts[carrier[2]] ?? 0;
  const low = address.parts[carrier[2] + 1] ?? 0;
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}

const within = (address: Address, networks: Network[]) =>
  networks.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits));

const isPublic = (address: Address) =>
  address.range() === 'unicast' &&
  // An address outside the registry of special ranges is not automatically public: only this block is routed.
  (address instanceof ipaddr.IPv4 || address.match(globalUnicast));

const asOrigin = (entry: string): string | null => {
  if (!/^https?:\/\//i.test(entry) || !URL.canParse(entry)) return null;
  const url = new URL(entry);
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
    ? url.origin
    : null;
};

const asNetwork = (entry: string): Network | null => {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
  if (!ipaddr.IPv4.isValidFourPartDecimal(entry) && !ipaddr.IPv6.isValid(entry)) return null;
  const address = ipaddr.parse(entry);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
};

/** True for a network (CIDR) and for a single address. */
export const isNetwork = (entry: string): boolean => asNetwork(entry) !== null;

export type NetworkRule = {
  /** True for an origin that is exempt by name. Its addresses are still checked for metadata. */
  exemptsOrigin(origin: string): boolean;
  /** Null if this address may be dialled, otherwise the reason why not. `exempt`: for an exempt origin. */
  refuses(address: string, exempt: boolean): string | null;
};

const metadataRefusal =
  'The oracle’s address is a cloud metadata service, which is never called. Give the oracle’s own address.';
const privateRefusal =
  'The oracle’s address is not on the public internet. Only the owner of an installation in local mode may name such an address; for everyone else its operator can exempt an origin or a network with OUTBOUND_ALLOW.';

/** Why no address is a proxy's of this installation: a proxy reaches what its callers must not. */
export const proxyRefusal =
  'The oracle’s address is a proxy of this installation, which is never called as an oracle. Give the oracle’s own address.';

/**
 * Why a name may not be left to a proxy to resolve, or null. Such names exist inside a network only. Addresses are
 * checked as such.
 */
export const refusesName = (text: string, exempt: boolean): string | null => {
  const host = text.toLowerCase().replace(/\.$/, '');
  if (host === 'metadata.google.internal') return metadataRefusal;
  const isPrivate = !host.includes('.') || /\.(?:internal|local|localhost)$/.test(host);
  return isPrivate && !exempt ? privateRefusal : null;
};

/**
 * The network rule. Metadata addresses are always refused. With `publicOnly` an oracle must have a public address or be
 * exempt, so that nobody can use the server to probe its network.
 * @throws Error when an entry of `allow` is neither an origin nor a network.
 */
export const networkRule = ({ publicOnly, allow }: NetworkRuleOptions): NetworkRule => {
  const origins = new Set<string>();
  const networks: Network[] = [];
  for (const entry of allow) {
    const origin = asOrigin(entry);
    const network = asNetwork(entry);
    if (origin !== null) origins.add(origin);
    else if (network !== null) networks.push(network);
    else {
      throw new Error(
        `must list origins and networks, for example https://oracle.example.com,10.1.0.0/16; "${entry}" is neither`,
      );
    }
  }
  return {
    exemptsOrigin: (origin) => origins.has(origin),
    refuses(text, exempt) {
      // A zone names an interface of this machine, not a different address.
      const bare = text.replace(/%.*$/, '');
      if (!ipaddr.isValid(bare)) return privateRefusal;
      const given = ipaddr.parse(bare);
      const address = unwrap(given);
      if (within(given, metadataNetworks) || within(address, metadataNetworks)) return metadataRefusal;
      if (!publicOnly || exempt) return null;
      return isPublic(address) || within(address, networks) || within(given, networks)
        ? null
        : privateRefusal;
    },
  };
};
