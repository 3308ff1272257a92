import ipaddr from 'ipaddr.js';

/** Who may be called. `allow` holds origins (`https://host[:port]`) and networks (CIDR or a single address). */
export type NetworkRuleOptions = { reachable: boolean; allow: string[] };

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/**
 * Where clouds hand their machines' credentials to whoever asks from within: never called, whatever is exempt.
 * AWS and most others, ECS, EKS, Azure's wire server, Alibaba, Oracle, Google's IPv6.
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

/** IPv6 forms that carry an IPv4 address, and the 16-bit part at which it starts. */
const carriers: [ipaddr.IPv6, number, number][] = [
  [ipaddr.IPv6.parse('::ffff:0:0'), 96, 6],
  [ipaddr.IPv6.parse('::ffff:0:0:0'), 96, 6],
  [ipaddr.IPv6.parse('::'), 96, 6],
  [ipaddr.IPv6.parse('64:ff9b::'), 96, 6],
  [ipaddr.IPv6.parse('64:ff9b:1::'), 48, 6],
  [ipaddr.IPv6.parse('2002::'), 16, 1],
];

/** The address that packets end up at: what an IPv4-mapped, NAT64 or 6to4 address carries, else itself. */
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
  // What the registry of special ranges does not name is not thereby public: only this block is routed.
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

export type NetworkRule = {
  /** An origin that is exempt by name; its addresses are still checked for metadata. */
  exemptsOrigin(origin: string): boolean;
  /** Null where this address may be dialled, else in words why not. `exempt`: for an exempt origin. */
  refuses(address: string, exempt: boolean): string | null;
};

const metadataRefusal =
  'The oracle’s address is a cloud’s metadata service, which is never called. Give the oracle’s own address.';
const privateRefusal =
  'The oracle’s address is not on the public internet. An installation that others can reach calls oracles at public addresses only; its operator can exempt an origin or a network with OUTBOUND_ALLOW.';

/**
 * The network rule: metadata addresses are refused always; where the installation is reachable by others, an oracle
 * stands at a public address or is exempt, so that nobody uses the server to look into its network.
 * @throws Error where an entry of `allow` is neither an origin nor a network.
 */
export const networkRule = ({ reachable, allow }: NetworkRuleOptions): NetworkRule => {
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
      // A zone names an interface of this machine, not another address.
      const bare = text.replace(/%.*$/, '');
      if (!ipaddr.isValid(bare)) return privateRefusal;
      const given = ipaddr.parse(bare);
      const address = unwrap(given);
      if (within(given, metadataNetworks) || within(address, metadataNetworks)) return metadataRefusal;
      if (!reachable || exempt) return null;
      return isPublic(address) || within(address, networks) || within(given, networks)
        ? null
        : privateRefusal;
    },
  };
};
