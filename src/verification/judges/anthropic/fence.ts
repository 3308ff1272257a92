import { bytesToHex } from '@noble/hashes/utils.js';

/** Random bytes from the outside, unpredictable for whoever wrote the material. */
export type Random = (bytes: number) => Uint8Array;

const nonceBytes = 12;

export const drawNonce = (random: Random): string => bytesToHex(random(nonceBytes));

/**
 * What could be read as one of the delimiters: a bracket that opens a tag (also one that only looks like it), then
 * the delimiter's word. Only the bracket is replaced, and only there: quotes of the material must stay verbatim.
 */
const lookAlike = /[<＜﹤〈⟨‹](?=[\s\p{Cf}]*[/／]?[\s\p{Cf}]*untrusted)/giu;

const neutralise = (text: string) => text.replace(lookAlike, '[');

/**
 * Untrusted text between delimiters that its author cannot know. `attributes` are the program's own words: no
 * untrusted text may stand in them.
 */
export const fence = (nonce: string, attributes: Record<string, string>, text: string): string => {
  const named = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`);
  return `<untrusted-${nonce}${named.join('')}>\n${neutralise(text)}\n</untrusted-${nonce}>`;
};
