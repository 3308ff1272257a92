import { type Node, parseSync } from 'oxc-parser';

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of Object.values(node).flat()) if (isNode(child)) yield* nodesOf(child);
}

/** A character that each class of a pattern takes. */
const members: Record<string, string> = {
  d: '1',
  w: 'a',
  s: ' ',
  n: '\n',
  t: '\t',
  r: '\r',
  D: 'a',
  W: '-',
  S: 'a',
};

const patterns = (source: string): string[] =>
  [...nodesOf(parseSync('module.ts', source).program)].flatMap((node) =>
    node.type === 'Literal' && 'regex' in node ? [node.regex.pattern] : [],
  );

/** A text that begins with `before` and then repeats `unit`. */
export type NearMatch = { before: string; unit: string };

/** Stands behind an atom that may be repeated without end. */
const endless = '\u0001';

/**
 * Text that a pattern takes, or nearly: each of its atoms once, in order. Of alternatives the first counts. It need not
 * match; it must only lead the pattern astray.
 */
const sampleOf = (pattern: string): string => {
  let sample = pattern
    .replace(/\\[pP]\{[^}]*\}/g, 'a')
    .replace(/\[\^(?:\\.|[^\]\\])*\]/g, 'a')
    .replace(/\[(\\.|[^\]\\])(?:\\.|[^\]\\])*\]/g, '$1')
    .replace(/\\u\{?([\da-f]{4,})\}?/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/\\x([\da-f]{2})/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/\\[bB]/g, '')
    .replace(/\\([()|])/g, '')
    .replace(/[*+]\??|\{\d+,\}/g, endless)
    .replace(/\{\d+(?:,\d+)?\}/g, '')
    .replace(/\\(.)/g, (_, escaped: string) => members[escaped] ?? escaped);
  for (let before = ''; before !== sample; ) {
    before = sample;
    sample = sample.replace(/\((?:\?(?:<?[=!:]|<\w+>))?([^()|]*)(?:\|[^()]*)?\)/, '$1');
  }
  return (sample.split('|')[0] ?? '').replace(/[()^$?]/g, '');
};

const nearMatches = (sample: string): NearMatch[] => {
  const whole = sample.replaceAll(endless, '');
  const repeated = [whole, whole.slice(0, -1)].map((unit) => ({ before: '', unit }));
  const pumped = [...sample.matchAll(new RegExp(`(.)${endless}`, 'gsu'))].map(({ 1: unit = '', index }) => ({
    before: sample.slice(0, index).replaceAll(endless, ''),
    unit,
  }));
  return [...repeated, ...pumped].filter(({ unit }) => unit !== '');
};

/** What the regular expressions of a module nearly match. */
export const nearMatchesOf = (source: string): NearMatch[] => {
  const all = patterns(source).flatMap((pattern) => nearMatches(sampleOf(pattern)));
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
};
