import { createHmac } from 'node:crypto';
import type { AnswerKey } from '#contracts/replay.ts';

/**
 * Members of a replay's record whose texts are open: the oracle's own words, and what says how things went. Every other
 * text is a key's, or shows what of a key a verdict was about: quotes, canaries, the reply to the question.
 */
const openMembers = new Set(['kind', 'id', 'model', 'reason', 'detail', 'summary', 'claim']);

const folded = (text: string) => text.replace(/\s+/gu, ' ').trim().toLowerCase();

/** As for quotes of the diff: a shorter text stands anywhere by chance, and gives no key away. */
const isTelling = (text: string) => text.replaceAll(' ', '').length >= 10 && /\p{L}{3}/u.test(text);

const textsOf = ({ changes, question, referenceAnswer, questionQuote }: AnswerKey) => [
  ...changes.flatMap(({ statement, quote }) => [statement, quote]),
  ...[question, referenceAnswer, questionQuote],
];

/**
 * A replay's record with every text of its answer key, and all that would reveal one, as a salted digest
 * (certificate.md, "Sealed keys"): `{ sealed }` is the HMAC-SHA256, by the run's salt, of the JSON array of the change's
 * id, the text's place in the record and the text. So whoever is given salt and texts can open it, and equal texts in
 * two places do not show that they are. An oracle's own words are sealed where they say a text of the key.
 * @param record as it is published: names in snake case.
 */
export const sealedTexts = (
  record: Record<string, unknown>,
  { key, groundTruthId, salt }: { key: AnswerKey | null; groundTruthId: string; salt: string },
): Record<string, unknown> => {
  const keyTexts = key === null ? [] : textsOf(key).map(folded).filter(isTelling);
  const revealsKey = (text: string) => {
    const said = folded(text);
    return keyTexts.some((keyText) => said.includes(keyText));
  };
  const sealed = (value: unknown, path: string[]): unknown => {
    if (typeof value === 'string') {
      if (openMembers.has(path.at(-1) ?? '') && !revealsKey(value)) return value;
      const text = JSON.stringify([groundTruthId, path.join('.'), value]);
      return { sealed: createHmac('sha256', salt).update(text).digest('hex') };
    }
    if (Array.isArray(value)) return value.map((item, place) => sealed(item, [...path, `${place}`]));
    if (typeof value !== 'object' || value === null) return value;
    return sealedMembers(value, path);
  };
  const sealedMembers = (members: object, path: string[]) =>
    Object.fromEntries(
      Object.entries(members).map(([name, member]) => [name, sealed(member, [...path, name])]),
    );
  return sealedMembers(record, []);
};
