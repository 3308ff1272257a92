import { bytesToHex } from '@noble/hashes/utils.js';

/** Random bytes from the outside, unpredictable for whoever wrote the material. */
export type Random = (bytes: number) => Uint8Array;

const nonceBytes = 12;

export const drawNonce = (random: Random): string => bytesToHex(random(nonceBytes));

const word = 'untrusted';
/** What can stand within a tag and not be seen: white space, controls, format characters, marks, fillers. */
const unseen = String.raw`\s\p{C}\p{M}\p{Default_Ignorable_Code_Point}`;
const slashes = String.raw`/\\／＼∕⁄⧸`;
/**
 * A bracket that opens a tag, or only looks like it, and as many characters behind it as the delimiter's word is long.
 * Nothing in this pattern can fail once a bracket is found, so that no text makes it go back: its time is linear.
 */
const bracket = new RegExp(
  String.raw`[<＜﹤\u226e‹\u2329\u3008⟨❬❮❰⧼˂ᐸᚲ«《⟪≪](?=([${unseen}${slashes}]*(?:[^${unseen}<][${unseen}]*){0,${word.length}}))`,
  'gu',
);
const besideTheWord = new RegExp(`[${unseen}${slashes}]`, 'gu');

/**
 * As one reads it: compatibility forms, case and marks folded. Marks go first, since long runs are slow to normalise.
 */
const asRead = (text: string) =>
  text.replace(besideTheWord, '').normalize('NFKD').replace(besideTheWord, '').toLowerCase();

/**
 * Takes the bracket from what could be read as one of the delimiters, in whatever spelling. Only the bracket is
 * replaced, and only there: quotes of the material must stay verbatim.
 */
export const neutralise = (text: string): string =>
  text.replace(bracket, (found, behind: string) => (asRead(behind).startsWith(word) ? '[' : found));

/**
 * Untrusted text between delimiters that its author cannot know. `attributes` are the program's own words: no
 * untrusted text may stand in them.
 */
export const fence = (nonce: string, attributes: Record<string, string>, text: string): string => {
  const named = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`);
  return `<untrusted-${nonce}${named.join('')}>\n${neutralise(text)}\n</untrusted-${nonce}>`;
};
