import { type OracleChoice, ownFieldsOf, type StoredOracle } from '#contracts/oracle-types.ts';
import { canonicalDigest } from './canonical.ts';

/** An oracle as a request names it, or as a run's configuration stores it. */
type NamedOracle = OracleChoice | StoredOracle;

/** The fields that its type alone has, by name. */
export const ownValues = (oracle: NamedOracle): { name: string; value: string; namesConstruct?: true }[] => {
  const held: Record<string, unknown> = oracle;
  return ownFieldsOf(oracle.type).map(({ name, namesConstruct }) => ({
    name,
    value: String(held[name]),
    namesConstruct,
  }));
};

export const ownText = (oracle: NamedOracle): string =>
  ownValues(oracle)
    .map(({ value }) => value)
    .join(':');

const addressOf = (oracle: NamedOracle): URL | null =>
  'url' in oracle && oracle.url !== null ? new URL(oracle.url) : null;

/** An oracle's name without its secrets: its origin, or the values of its type's own fields. */
export const shownOracle = (oracle: NamedOracle): string =>
  addressOf(oracle)?.origin ?? (ownText(oracle) || oracle.type);

/**
 * Tells one target from another: scheme, host, port and path, and the tool, model or callable. A query is left out, because
 * it may hold a secret that changes. SHA-256 in hexadecimal digits, since a path may hold one too.
 */
export const targetDigest = (oracle: NamedOracle): string => {
  const own = Object.fromEntries(ownValues(oracle).map(({ name, value }) => [name, value]));
  const address = addressOf(oracle);
  if (address === null) return canonicalDigest(own);
  const { protocol, hostname, port, pathname } = address;
  const scheme = protocol.slice(0, -1);
  return canonicalDigest({
    scheme,
    host: hostname,
    port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port),
    path: pathname,
    ...own,
  });
};
