import { isTelling, negations, numberKey, splitParts, splitRunWords, type Word } from '../../text/words.ts';

/**
 * A term of a text, for look-ups in a diff. Terms that mean the same have the same `key`: a name's parts joined
 * (`retryCount`, `retry_count`), a number's value, a plain word's stem.
 */
export type Term = {
  kind: 'name' | 'number' | 'count' | 'path' | 'plain' | 'filler';
  key: string;
  /** In lower case, as written. */
  word: string;
  /** For a number with a unit: the factors by which its value may be multiplied in code. */
  factors?: readonly number[];
  /** A plain word with a capital within a sentence names something. It weighs double when it is missing. */
  proper?: boolean;
  start: number;
  end: number;
};

const endings: [RegExp, string][] = [
  [/ies$/, 'y'],
  [/(?<=[^su])s$/, ''],
  [/(?<=\w{3})ing$/, ''],
  [/(?<=\w{3})ed$/, ''],
  [/(?<=\w{4}[ts])ion$/, ''],
  [/(?<=\w{4})[eo]r$/, ''],
  [/(?<=\w{3})e$/, ''],
];

/** A light stem of an English word, the same for "caching", "cached" and "cache". Other scripts stay whole. */
export function stem(word: string): string {
  if (!/^[a-z]{4,40}$/.test(word)) return word;
  const bare = endings.reduce((rest, [ending, put]) => rest.replace(ending, put), word);
  return bare.replace(/([bdgmnprt])\1$/, '$1');
}

/** Words that programs and prose use interchangeably, one group a line. Part of the published rule. */
export const synonymGroups = `
error exception throw threw thrown raise fail failure err reject
test spec assert expect
doc docs readme document md markdown guide
configuration config option setup
retry attempt try tries tried again
remove delete drop unlink gone disappear
timeout deadline
argument arg args param
logger log
database db
null nil none undefined missing absent empty lack lacks
request req
response res answer reply
maximum max limit upper cap
minimum min least
millisecond milliseconds ms millis
second seconds sec
directory dir folder
authentication auth authenticate login signin
message msg
identifier id
array list slice
dictionary dict map
expired expiry expire expires
wait waits sleep pause
stop stopping end quit
send sends sent post deliver
encode escape encoded
index idx
greater above exceed exceeds over gt
under below lt less
batch batches chunk
random jitter
double doubles exponential exp2 power
dependency dependencies requirements
initialise initialize init
environment env
previous earlier former
check compare verify validate
signature sign signed
close closes shut shutdown
column columns field
copy clone
execute run
find lookup look search
temporary temp tmp
million megabyte mb mib
kilobyte kb kib
year years
percentage percent
`;

const canonical = new Map(
  synonymGroups
    .trim()
    .split('\n')
    .flatMap((group) => {
      const words = group.split(' ');
      return words.map((word): [string, string] => [stem(word), words[0] ?? word]);
    }),
);

/** The stem of a word, or the first word of its synonym group. */
export const plainKey = (word: string): string => canonical.get(stem(word)) ?? stem(word);

/** The joined parts of an identifier, the same for every spelling. */
export const partsKey = (word: string): string => splitParts(word).join('');

const counts = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve fifteen:15 twenty:20 thirty:30 forty:40 fifty:50 sixty:60 ninety:90 hundred:100 thousand:1000 once:1 twice:2'
    .split(' ')
    .map((entry, index): [string, number] => {
      const [word = '', value] = entry.split(':');
      return [word, value === undefined ? index : Number(value)];
    }),
);

/** Product names that look like code but that prose uses freely. Part of the published rule. */
export const productNames: ReadonlySet<string> = new Set(
  'github gitlab typescript javascript postgresql mysql sqlite graphql oauth oauth2 openid macos ios nodejs iphone ipad youtube linkedin devops webassembly websocket websockets'.split(
    ' ',
  ),
);

/**
 * Diff words that are names if the noun after them says so ("the merge method"). Part of the published rule.
 */
export const nameableWords: ReadonlySet<string> = new Set(
  'merge key name type value text content version patch import export set put update title entry'.split(' '),
);
export const nameNouns: ReadonlySet<string> = new Set(
  'method function field column flag property prop parameter argument option class constant variable endpoint command route table header'.split(
    ' ',
  ),
);

const seconds = [1, 1000];
/** What a number with a unit may be in code: seconds as milliseconds, kibibytes as bytes, percent as a fraction. */
const unitFactors = new Map<string, readonly number[]>([
  ...['ms', 'millisecond', 'milliseconds', 'byte', 'bytes', 'times', 'characters', 'rows', 'px'].map(
    unit([1]),
  ),
  ...['s', 'sec', 'second', 'seconds'].map(unit(seconds)),
  ...['m', 'min', 'minute', 'minutes'].map(unit([1, 60, 60_000])),
  ...['h', 'hour', 'hours'].map(unit([1, 60, 3600, 3_600_000])),
  ...['day', 'days'].map(unit([1, 24, 86_400, 86_400_000])),
  ...['kb', 'kib', 'k', 'kilobyte', 'kilobytes'].map(unit([1, 1000, 1024])),
  ...['mb', 'mib', 'megabyte', 'megabytes'].map(unit([1, 1_000_000, 1_048_576])),
  ...['gb', 'gib'].map(unit([1, 1_000_000_000, 1_073_741_824])),
  ...['percent', '%'].map(unit([1, 0.01])),
]);
function unit(factors: readonly number[]) {
  return (name: string): [string, readonly number[]] => [name, factors];
}

const fileName =
  /^\.(?:[cm]?[jt]sx?|py|go|rs|rb|php|java|kt|swift|cs?|cpp|h|hpp|md|mdx|json|jsonl|ya?ml|toml|sql|html?|s?css|txt|sh|csv|xml|lock|ini|cfg|env|vue|svelte)(?![\p{L}\p{N}])/iu;

const isCodeSpelt = (raw: string) =>
  /\p{Ll}\p{Lu}/u.test(raw) ||
  /[\p{L}\p{N}]_[\p{L}\p{N}]/u.test(raw) ||
  /^[_$]\p{L}/u.test(raw) ||
  /\p{Lu}{2,}\p{Ll}{2,}/u.test(raw) ||
  /^\p{Lu}{2,}\p{N}+$/u.test(raw);

/** A word that is a number, with the unit attached to it: "250ms", "v5", "20_000". */
function numberOf(raw: string): { value: number; unit: string } | null {
  const match = /^v?(\d[\d_]*(?:\.\d+)*)(\p{L}{0,3})$/iu.exec(raw);
  const value = Number.parseFloat((match?.[1] ?? '').replaceAll('_', ''));
  return Number.isFinite(value) ? { value, unit: match?.[2]?.toLowerCase() ?? '' } : null;
}

/** Reads prose or code into terms, in order. Words without meaning are fillers, kept for their place. */
export function readTerms(text: string): Term[] {
  // A thousands separator does not separate words. The replacement keeps every place.
  const counted = text.replace(/(?<=\d),(?=\d{3}(?!\d))/g, '_');
  const words = splitRunWords(counted);
  const terms: Term[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (!word) continue;
    const next = words[at + 1];
    const raw = counted.slice(word.start, word.end);
    const number = numberOf(raw);
    if (number) {
      const after = /^ ?%/.test(counted.slice(word.end)) ? '%' : (next?.text ?? '');
      const factors = unitFactors.get(number.unit || after);
      terms.push({ kind: 'number', key: numberKey(number.value), factors, ...placed(word) });
      if (factors && !number.unit && after !== '%' && next) {
        terms.push({ kind: 'filler', key: plainKey(next.text), ...placed(next) });
        at++;
      }
      continue;
    }
    const extension = fileName.exec(counted.slice(word.end));
    if (extension && next && counted[word.end] === '.' && !raw.includes('/')) {
      const file = counted.slice(word.start, next.end);
      terms.push({
        kind: 'path',
        key: file.toLowerCase(),
        word: file.toLowerCase(),
        start: word.start,
        end: next.end,
      });
      at++;
      continue;
    }
    terms.push(...termsOf(counted, word, raw, next));
  }
  return terms;
}

const placed = ({ text, start, end }: Word) => ({ word: text, start, end });

function termsOf(text: string, word: Word, raw: string, next: Word | undefined): Term[] {
  const at = placed(word);
  const before = text[word.start - 1] ?? '';
  const after = text[word.end] ?? '';
  if (raw.includes('/')) {
    // "and/or" and "true/false" are two words. A path has a dot or two slashes, or stands in backticks.
    if (/[./].*\/|\/.*\./u.test(raw) || before === '`' || before === '/' || after === '/') {
      return [{ kind: 'path', key: raw.toLowerCase(), ...at }];
    }
    return splitParts(raw).map((part) => ({
      kind: fillerOrPlain(part),
      key: plainKey(part),
      ...at,
      word: part,
    }));
  }
  const quoted =
    (before === '`' && /[`(]/.test(after)) ||
    (before === "'" && after === "'") ||
    (before === '"' && after === '"');
  const dotted =
    (before === '.' && /\p{L}/u.test(text[word.start - 2] ?? '')) ||
    (after === '.' && /\p{L}/u.test(text[word.end + 1] ?? ''));
  const called = text.startsWith('()', word.end);
  const spelt = isCodeSpelt(raw) && !productNames.has(word.text);
  if (
    spelt ||
    ((quoted || dotted || called) && !ordinaryAbbreviation.test(text.slice(word.start - 2, word.end + 2)))
  ) {
    return [{ kind: 'name', key: partsKey(raw), ...at }];
  }
  const counted = counts.get(word.text);
  if (counted !== undefined) return [{ kind: 'count', key: numberKey(counted), ...at }];
  if (nameableWords.has(word.text) && next && nameNouns.has(next.text)) {
    return [{ kind: 'plain', key: plainKey(word.text), ...at }];
  }
  const proper =
    /^\p{Lu}/u.test(raw) && /[\p{L}\p{N},)`'"%] $/u.test(text.slice(Math.max(0, word.start - 3), word.start));
  return [{ kind: fillerOrPlain(word.text), key: plainKey(word.text), proper, ...at }];
}

const ordinaryAbbreviation = /\b(?:e\.g|i\.e|node\.js|next\.js|vue\.js)\b/i;

/** Whether a word that is not a name, number or path is a term at all. */
export const isTerm = (word: string): boolean => word.length > 1 && isTelling(word) && !negations.has(word);

const fillerOrPlain = (word: string) => (isTerm(word) ? 'plain' : 'filler');
