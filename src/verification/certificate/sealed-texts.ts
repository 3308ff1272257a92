import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { isObject } from '#contracts/json.ts';

/**
 * Members of a replay's record whose texts stay open: names that this program or the key's order gives, the models that
 * answered, and why a step is missing, which the certificate says too. Every other text comes from a key or an oracle, or
 * shows which part of a key a verdict is about: quotes, canaries.
 */
const openMembers = new Set(['kind', 'id', 'model', 'reason', 'cause', 'way', 'author', 'form']);

/** Of a private repository, why a step is missing may quote the change, except where an enumeration says it. */
const isOpen = (path: readonly string[], isPrivate: boolean) => {
  const name = path.at(-1) ?? '';
  return openMembers.has(name) && !(isPrivate && name === 'reason' && path[0] !== 'oracle');
};

const mapNodes = (value: unknown, map: (node: unknown, path: string[]) => unknown): unknown => {
  const walk = (node: unknown, path: string[]): unknown => {
    const mapped = map(node, path);
    if (mapped !== node) return mapped;
    if (Array.isArray(node)) return node.map((item, place) => walk(item, [...path, `${place}`]));
    if (!isObject(node)) return node;
    return Object.fromEntries(
      Object.entries(node).map(([name, member]) => [name, walk(member, [...path, name])]),
    );
  };
  return walk(value, []);
};

/** What a text is sealed with: 32 bytes for each place of a record, so that one text can be opened by itself. */
const saltOf = (runSalt: string, groundTruthId: string, path: readonly string[]) =>
  hmac(sha256, utf8ToBytes(runSalt), utf8ToBytes(JSON.stringify([groundTruthId, path.join('.')])));

const sealOf = (salt: Uint8Array, text: string) => bytesToHex(sha256(concatBytes(salt, utf8ToBytes(text))));

/**
 * A replay's record with a salted digest in place of every text of its answer key, and of every text that would reveal
 * one (certificate.md, "Sealed"). `{ sealed }` is SHA-256(salt ‖ text) in hexadecimal digits. The salt is the
 * HMAC-SHA256, keyed with the run's salt, of the JSON array of the change's id and the text's place in the record. Anyone
 * who has a text and its salt can check it, and learns nothing of the others. Equal texts in two places have different
 * digests. Of a private repository, `{ sealed: null }` stands in their place: such a text is never opened.
 *
 * A reader sees ids, booleans, counts, confidences and tokens, and can recompute every number from them. That includes
 * how many changes a key has, and which of them, in the key's order, were surfaced. A reader does not see what key and
 * oracle say, or where they say the same: a text's place alone decides whether it is sealed, and a quote is missing
 * exactly if the boolean beside it is false. Token counts show roughly how long the texts of a call are.
 * @param record as it is published: names in snake case.
 * @param salt the run's; null if the repository is private.
 */
export const sealTexts = (
  record: Record<string, unknown>,
  { groundTruthId, salt }: { groundTruthId: string; salt: string | null },
): Record<string, unknown> =>
  mapNodes(record, (node, path) => {
    if (typeof node !== 'string' || isOpen(path, salt === null)) return node;
    if (salt === null) return { sealed: null };
    return { sealed: sealOf(saltOf(salt, groundTruthId, path), node) };
  }) as Record<string, unknown>;

/** A sealed text with what shows that it is the one: `place` is its members' names, joined by dots. */
export type OpenedText = { place: string; salt: string; text: string };

/** Every text that `sealTexts` seals, in the order of the record's members. */
export const openTexts = (
  record: Record<string, unknown>,
  { groundTruthId, salt }: { groundTruthId: string; salt: string },
): OpenedText[] => {
  const texts: OpenedText[] = [];
  mapNodes(record, (node, path) => {
    if (typeof node === 'string' && !isOpen(path, false))
      texts.push({
        place: path.join('.'),
        salt: bytesToHex(saltOf(salt, groundTruthId, path)),
        text: node,
      });
    return node;
  });
  return texts;
};

const isDigest = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const isSeal = (node: unknown): node is { sealed: string | null } =>
  isObject(node) && 'sealed' in node && Object.keys(node).length === 1;

/**
 * A sealed record with its seals as texts, and how many there are that can be opened.
 * @throws Error if a text is sealed or open where it must not be.
 */
export const readSeals = (
  record: Record<string, unknown>,
  isPrivate: boolean,
): { record: Record<string, unknown>; sealed: number } => {
  let sealed = 0;
  const read = mapNodes(record, (node, path) => {
    const place = path.join('.');
    if (typeof node === 'string' && !isOpen(path, isPrivate)) throw new Error(`${place} is not sealed.`);
    if (!isSeal(node)) return node;
    if (isOpen(path, isPrivate) || !(isPrivate ? node.sealed === null : isDigest(node.sealed)))
      throw new Error(`${place} is not sealed as such a text must be.`);
    if (node.sealed !== null) sealed += 1;
    return node.sealed ?? 'withheld';
  });
  return { record: read as Record<string, unknown>, sealed };
};

/**
 * Whether these texts are all that a record seals, each the one that was sealed.
 * @param record as it is published.
 */
export const opensAll = (record: Record<string, unknown>, texts: readonly OpenedText[]): boolean => {
  const seals = new Map<string, string>();
  mapNodes(record, (node, path) => {
    if (isSeal(node) && node.sealed !== null) seals.set(path.join('.'), node.sealed);
    return node;
  });
  return (
    seals.size === texts.length &&
    new Set(texts.map(({ place }) => place)).size === texts.length &&
    texts.every(
      ({ place, salt, text }) => isDigest(salt) && seals.get(place) === sealOf(hexToBytes(salt), text),
    )
  );
};
