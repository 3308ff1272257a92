import { createHmac } from 'node:crypto';
import { isObject } from '#contracts/json.ts';

/**
 * Members of a replay's record whose texts are open: names that this program or the key's order gives, and why a step
 * was not had, which the certificate says too. Every other text is a key's or an oracle's, or shows what of a key a
 * verdict was about: quotes, canaries.
 */
const openMembers = new Set(['kind', 'id', 'model', 'reason']);

/**
 * A replay's record with every text of its answer key, and all that would reveal one, as a salted digest
 * (certificate.md, "Sealed keys"): `{ sealed }` is the HMAC-SHA256, by the run's salt, of the JSON array of the change's
 * id, the text's place in the record and the text. So whoever is given salt and texts can open it, and equal texts in
 * two places do not show that they are.
 *
 * A reader sees ids, booleans, counts, confidences and tokens, from which every number can be recomputed: so also how
 * many changes a key has, and which of them, in the key's order, were surfaced. Not seen is what key and oracle say, nor
 * where they say the same: a text is sealed for its place alone, and a quote is missing exactly where the boolean beside
 * it is false. Counts of tokens tell roughly how long the texts of a call are.
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
