import { isObject } from '#contracts/json.ts';
import { canonicalJson, readCanonicalJson } from './canonical.ts';

const isMoney = (name: string) => name.endsWith('_usd');

const mapMembers = (value: unknown, map: (member: unknown, name: string) => unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => mapMembers(item, map));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapMembers(map(member, name), map)]),
  );
};

const readMoney = (member: unknown, name: string): unknown => {
  if (!isMoney(name) || member === null) return member;
  if (typeof member !== 'string' || String(Number(member)) !== member)
    throw new Error(`${name} is not an amount as text.`);
  return Number(member);
};

/**
 * A value of the wire as the canonical JSON that is signed or hashed. Amounts of money (`…_usd`) are texts in it, so that
 * no reader rounds them.
 */
export const writeSignedJson = (wire: object): string =>
  canonicalJson(
    mapMembers(wire, (member, name) => (isMoney(name) && typeof member === 'number' ? `${member}` : member)),
  );

/**
 * The value of such bytes.
 * @throws Error for any other spelling of a value than the canonical one, and for what is no object.
 */
export const readSignedJson = (bytes: Uint8Array): Record<string, unknown> => {
  const value = mapMembers(readCanonicalJson(bytes), readMoney);
  if (!isObject(value)) throw new Error('It is not a JSON object.');
  return value;
};
