export type HostileText = {
  name: string;
  of: (length: number) => string;
  /** Whether pieces of it differ from each other. */
  differs: boolean;
};

/** Text of a length that repeats a unit. */
export const filled =
  (unit: string): HostileText['of'] =>
  (length) =>
    unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

/** Units that are repeated up to the length. */
const units: Record<string, string> = {
  letters: 'a',
  digits: '1',
  spaces: ' ',
  tabs: '\t',
  'line breaks': '\n',
  'line breaks of two characters': '\r\n',
  NUL: '\0',
  'letters and dots': 'a.',
  'letters and slashes': 'a/',
  'letters and hyphens': 'a-',
  'letters and spaces': 'a ',
  'letters and digits': 'a1',
  'letters and apostrophes': "a'",
  'letters on lines of their own': 'a\n',
  'two cases in turn': 'aA',
  'digits and dots': '1.',
  exponents: '1e',
  commas: ',',
  colons: ':',
  dashes: '-',
  'equals signs': '=',
  underscores: '_',
  asterisks: '*',
  hashes: '#',
  slashes: '/',
  'parent folders': '../',
  backslashes: '\\',
  'backslashes and quotes': '\\"',
  'double quotes': '"',
  'single quotes': "'",
  backticks: '`',
  'fences of code': '```a\n',
  'indented fences': '    ```\n',
  'round brackets': '(',
  'square brackets': '[',
  braces: '{',
  'closed brackets': '[]',
  'angle brackets': '<',
  'opened comments': '<!--',
  'opened tags': '<a ',
  tags: '<a></a>',
  'nested JSON': '{"a":',
  'nested lists of strings': '["a",',
  'JSON objects': '{"a":"b"}',
  entities: '&#38;',
  'per cent signs': '%41%',
  ats: '@a ',
  references: '#1 ',
  hashes16: 'a1b2c3d ',
  addresses: 'https://a.a/a ',
  'addresses without an end': 'https://a/',
  emails: 'a@a.a ',
  'marks of questions': '?',
  'combining marks': '\u0301\u0316',
  'halves of surrogates': '\ud800',
  'swapped surrogates': '\udc00\ud800',
  'joined emoji': '👩\u200d',
  'directions of writing': '\u202e\u2066',
  'characters without width': '\u200b',
  'escape characters': '\u001b[31m',
  'letters that fold to several': 'ﬃİß',
  Chinese: '中',
  'events of a stream': 'data: a\n\n',
  'data lines of one event': 'data: {"a":\n',
  'added lines': '+a = 1;\n',
  'removed and added lines': '-const a = 1;\n+const a = 2;\n',
  hunks: '@@ -1 +1 @@\n+a\n',
  'files of a diff': 'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1 @@\n-a\n+b\n',
  'headers of a diff': 'diff --git a/a b/a\n',
  'separators of a diff header': ' b/',
  'quoted paths': '"\\303\\244',
  trailers: 'Signed-off-by: a <a@a.a>\n',
  'trailers of authors': 'Co-authored-by: a\n',
  'keys and values': 'key: value\n',
  'keys and values of cookies': 'a=b; ',
  'lists of words': '- a\n',
  'rows of a table': '|a|a|\n',
  'words of a claim': 'adds the `retryLimit` of 7 to `up.ts`, ',
  'definitions of functions': '+def a(b, c):\n',
  'sentences of one word': 'A. ',
};

/** Other ways to grow than repeating. */
const grown: Record<string, (length: number) => string> = {
  'an unclosed string': (length) => `"${'a'.repeat(length - 1)}`,
  'a bracket before spaces': (length) => `a(${' '.repeat(length - 3)}x`,
  'letters before an exclamation mark': (length) => `${'a'.repeat(length - 1)}!`,
  'spaces before a letter': (length) => `a${' '.repeat(length - 2)}a`,
  'brackets within brackets': (length) => '['.repeat(length / 2) + ']'.repeat(length / 2),
  'an added line of words': (length) =>
    `--- a/a.ts\n+++ b/a.ts\n@@ -0,0 +1 @@\n+${'a b '.repeat(length / 4 - 11)}\n`,
  'added lines of different names': (length) =>
    `diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -0,0 +1,${length} @@\n${differing(length - 80, (at) => `+const name${at} = ${at};\n`)}`,
  'different words': (length) => differing(length, (at) => `word${at} `),
  'different lines': (length) => differing(length, (at) => `line ${at}\n`),
  'different keys': (length) => differing(length, (at) => `Key-${at}: value\n`),
  'different paths': (length) => differing(length, (at) => `src/part${at}/file${at}.ts `),
  'a long word with one other letter': (length) => `${'a'.repeat(length / 2)}b${'a'.repeat(length / 2 - 1)}`,
};

function differing(length: number, of: (at: number) => string): string {
  const parts: string[] = [];
  for (let at = 0, used = 0; used < length; at++) {
    const part = of(at);
    parts.push(part);
    used += part.length;
  }
  return parts.join('');
}

/** Every function gets the same few lengths, so each text is made once. */
const kept = (of: HostileText['of']): HostileText['of'] => {
  const texts = new Map<number, string>();
  return (length) => {
    const text = texts.get(length) ?? of(length);
    texts.set(length, text);
    return text;
  };
};

const everyText: HostileText[] = [
  ...Object.entries(units).map(([name, unit]) => ({ name, of: kept(filled(unit)), differs: false })),
  ...Object.entries(grown).map(([name, of]) => ({ name, of: kept(of), differs: name.includes('different') })),
];

/** @throws if a name is misspelt: its text would be missing, and nothing would say so. */
export const textsNamed = (names: readonly string[]): HostileText[] => {
  const unknown = names.find((name) => !everyText.some((text) => text.name === name));
  if (unknown !== undefined) throw new Error(`There is no hostile text named “${unknown}”.`);
  return everyText.filter(({ name }) => names.includes(name));
};

/** What most faults show on, one of each kind. `npm run test:long` tries the others too. */
const sharpest = textsNamed([
  'letters',
  'spaces',
  'line breaks',
  'letters and dots',
  'letters and spaces',
  'backslashes and quotes',
  'brackets within brackets',
  'opened tags',
  'nested JSON',
  'combining marks',
  'files of a diff',
  'words of a claim',
  'different words',
  'different lines',
]);

/** Texts as somebody would write them who wants their readers to take long: all of them, or the sharpest. */
export const hostileTexts = (all: boolean): HostileText[] => (all ? everyText : sharpest);
