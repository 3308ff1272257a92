import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** By which people and secret scanners recognise a secret. `link` is a one-time sign-in link's. */
const prefixes = { token: 'ev_', session: 'evs_', link: 'evl_' } as const;
export type SecretKind = keyof typeof prefixes;

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62⁴³ is more than 2²⁵⁶, and 62⁶ more than 2³². */
const randomLength = 43;
const checksumLength = 6;

/** Base 62 has no character at which a double click stops selecting. */
const inBase62 = (value: bigint, length: number): string => {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = `${digits[Number(rest % 62n)]}${text}`;
  return text;
};

const withChecksum = (text: string) => `${text}${inBase62(BigInt(crc32(text)), checksumLength)}`;

/**
 * 256 random bits between a prefix and a checksum. They cannot be guessed, so a fast, unsalted hash can be stored and
 * indexed.
 */
export const newSecret = (kind: SecretKind): string =>
  withChecksum(`${prefixes[kind]}${inBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), randomLength)}`);

const kinds = Object.keys(prefixes) as SecretKind[];

/** Which kind of secret this is. Null if its checksum is wrong: it was never one of ours, and need not be looked up. */
export const kindOfSecret = (text: string): SecretKind | null => {
  const [, prefix] = /^([a-z]+_)[0-9A-Za-z]{49}$/.exec(text) ?? [];
  if (withChecksum(text.slice(0, -checksumLength)) !== text) return null;
  return kinds.find((kind) => prefixes[kind] === prefix) ?? null;
};

/** What is stored of a secret: the SHA-256 of its UTF-8 bytes, hexadecimal. */
export const hashSecret = (secret: string) => createHash('sha256').update(secret, 'utf8').digest('hex');
