import { createHmac } from 'node:crypto';
import { isObject } from '#contracts/json.ts';

/**
 * Members of a replay's record whose texts stay open: names that this program or the key's order gives, the models that
 * answered, and why a step is missing, which the certificate says too. Every other text comes from a key or an oracle, or shows which part of a
 * key a verdict is about: quotes, canaries.
 */
const openMembers = new Set(['kind', 'id', 'model', 'reason', 'way', 'author']);

/**
 * A replay's record with a salted digest in place of every text of its answer key, and of every text that would reveal
 * one (certificate.md, "Sealed keys"). `{ sealed }` is the HMAC-SHA256, keyed with the run's salt, of the JSON array of
 * the change's id, the text's place in the record and the text. Anyone who has the salt and the texts can check it.
 * Equal texts in two places have different digests.
 *
 * A reader sees ids, booleans, counts, confidences and tokens, and can recompute every number from them. That includes
 * how many changes a key has, and which of them, in the key's order, were surfaced. A reader does not see what key and
 * oracle say, or where they say the same: a text's place alone decides whether it is sealed, and a quote is missing
 * exactly if the boolean beside it is false. Token counts show roughly how long the texts of a call are.
 * @param record as it is published: names in snake case.
 */
export const sealedTexts = (
  record: Record<string, unknown>,
  { groundTruthId, salt }: { groundTruthId: string; salt: string },
): Record<string, unknown> => {
  const sealed = (value: unknown, path: string[]): unknown => {
    if (typeof value === 'string') {
      if (openMembers.has(path.at(-1) ?? '')) return value;
      const text = JSON.stringify([groundTruthId, path.join('.'), value]);
      return { sealed: createHmac('sha256', salt).update(text).digest('hex') };
    }
    if (Array.isArray(value)) return value.map((item, place) => sealed(item, [...path, `${place}`]));
    return isObject(value) ? sealedMembers(value, path) : value;
  };
  const sealedMembers = (members: object, path: string[]) =>
    Object.fromEntries(
      Object.entries(members).map(([name, member]) => [name, sealed(member, [...path, name])]),
    );
  return sealedMembers(record, []);
};
