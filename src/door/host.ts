import ipaddr from 'ipaddr.js';

/** Which hosts are answered. Names are exact, in lower case, IPv6 addresses in brackets. */
export type HostRule = {
  allowed: readonly string[];
  /** The server listens beyond loopback. Its own addresses are then many, and rebinding needs a name. */
  anyAddress: boolean;
};

/** A request's raw head. `rawHeaders` alternates names and values, as node:http has them. */
export type RawHead = { rawHeaders: readonly string[]; target: string };

export type JudgedHost =
  /** `host` is what the client sent, with its port. `target` is in origin form. */
  { kind: 'allowed'; host: string; target: string } | { kind: 'malformed' | 'unknown' };

const uriHost = /^(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::\d{0,5})?$/;

const withoutPort = (host: string) => uriHost.exec(host.toLowerCase())?.[1]?.replace(/\.$/, '') ?? null;

/** An IP literal in its one canonical form; null for a name. Other spellings of IPv4, such as 127.1, are names here. */
const addressOf = (name: string) => {
  const bare = name.startsWith('[') ? name.slice(1, -1) : name;
  if (name.startsWith('[')) return ipaddr.IPv6.isValid(bare) ? ipaddr.IPv6.parse(bare) : null;
  return ipaddr.IPv4.isValidFourPartDecimal(bare) ? ipaddr.IPv4.parse(bare) : null;
};

const canonical = (name: string) => {
  const address = addressOf(name);
  if (address === null) return name;
  return address.kind() === 'ipv6' ? `[${address.toString()}]` : address.toString();
};

/** Names that no DNS answers for (RFC 6761), 127.0.0.0/8, and ::1. */
const isLoopback = (host: string) =>
  /^(?:[a-z0-9_-]+\.)*localhost$/.test(host) || addressOf(host)?.range() === 'loopback';

const isAllowed = (name: string, { allowed, anyAddress }: HostRule) => {
  const host = canonical(name);
  if (isLoopback(host) || allowed.some((other) => canonical(other) === host)) return true;
  return anyAddress && addressOf(host) !== null;
};

/** An absolute-form target names the host itself, and `Host` is then ignored (RFC 9112, 3.2.2). */
const absoluteForm = /^https?:\/\/([^/?#]*)([^#]*)$/i;

/**
 * Judges the host that a request is for. There must be one `Host`, also beside an absolute-form target. A browser that
 * was led here by another site's name (DNS rebinding) sends that name, and is not answered.
 */
export const judgeHost = ({ rawHeaders, target }: RawHead, rule: HostRule): JudgedHost => {
  const hosts = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host');
  const absolute = absoluteForm.exec(target);
  const path = absolute?.[2] ?? target;
  const given = hosts[0]?.trim() ?? '';
  const host = absolute?.[1] ?? given;
  const originForm = absolute === null ? path : path.startsWith('/') ? path : `/${path}`;
  const name = withoutPort(host);
  if (hosts.length !== 1 || name === null || withoutPort(given) === null || !originForm.startsWith('/'))
    return { kind: 'malformed' };
  return isAllowed(name, rule) ? { kind: 'allowed', host, target: originForm } : { kind: 'unknown' };
};

export const hostRefusals = {
  malformed: {
    status: 400,
    detail: 'A request names one host: in one Host header, or in its target. Its path starts with a slash.',
  },
  unknown: {
    status: 421,
    detail:
      'This server does not answer for this host. If it is one of its names, add the name to ALLOWED_HOSTS, or set NEXTAUTH_URL to the address that people use.',
  },
};
