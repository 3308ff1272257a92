import { bytesToHex } from '@noble/hashes/utils.js';

/** Random bytes from outside, which the author of the material cannot predict. */
export type Random = (bytes: number) => Uint8Array;

const nonceBytes = 12;

export const drawNonce = (random: Random): string => bytesToHex(random(nonceBytes));

const word = 'untrusted';
/** Characters that are invisible inside a tag: white space, controls, format characters, marks, fillers. */
const unseen = String.raw`\s\p{C}\p{M}\p{Default_Ignorable_Code_Point}`;
const slashes = String.raw`/\\／＼∕⁄⧸`;
/**
 * A bracket that opens a tag, or looks like it, and as many characters after it as the delimiter's word has. Once a
 * bracket is found, nothing in this pattern can fail, so no text makes it backtrack: its time is linear.
 */
const bracket = new RegExp(
  String.raw`[<＜﹤\u226e‹\u2329\u3008⟨❬❮❰⧼˂ᐸᚲ«《⟪≪](?=([${unseen}${slashes}]*(?:[^${unseen}<][${unseen}]*){0,${word.length}}))`,
  'gu',
);
const besideTheWord = new RegExp(`[${unseen}${slashes}]`, 'gu');

/**
 * The text as a reader sees it: compatibility forms, case and marks folded. Marks go first, since long runs are slow to
 * normalise.
 */
const asRead = (text: string) =>
  text.replace(besideTheWord, '').normalize('NFKD').replace(besideTheWord, '').toLowerCase();

/**
 * Replaces the bracket of anything that could be read as one of the delimiters, in any spelling. Nothing else changes:
 * quotes from the material must stay verbatim.
 */
export const neutralise = (text: string): string =>
  text.replace(bracket, (found, behind: string) => (asRead(behind).startsWith(word) ? '[' : found));

/**
 * Untrusted text between delimiters that its author cannot know. `attributes` are the program's own words and must
 * never contain untrusted text.
 */
export const fence = (nonce: string, attributes: Record<string, string>, text: string): string => {
  const named = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`);
  return `<untrusted-${nonce}${named.join('')}>\n${neutralise(text)}\n</untrusted-${nonce}>`;
};
