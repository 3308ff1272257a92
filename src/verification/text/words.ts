/**
 * How text is split into words for every lexical rule of the methodology (folding claims, copied passages, the offline
 * judge). Words are compared in lower case, after Unicode compatibility normalisation.
 */
export type Word = { text: string; start: number; end: number };

// A run of letters, marks, digits and underscores; a decimal point or version dot stays inside ("1.5", "v2.0.1").
const wordPattern =
  /[\p{L}\p{M}\p{N}_$]+(?:\.(?=\p{N})(?<=\p{N}\.)[\p{N}\p{L}_]+)*(?:['’](?:s|t|re|ve|ll|d|m)(?![\p{L}\p{N}_]))?/gu;
// The characters of a path. One pass over such chunks keeps the split linear: a pattern that looked ahead from every
// word for the path's slash would be quadratic on "a-a-a-…".
const chunkPattern = /[\p{L}\p{M}\p{N}_$.@/-]+/gu;
// The part of a chunk that can be a path: from its first letter to its last.
const pathPattern = /[\p{L}\p{N}_](?:.*[\p{L}\p{N}_])?/u;
const unspacedScript =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

// One fixed locale, so that the split depends only on the text and not on the machine.
const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

function split(text: string, offset: number): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(wordPattern)) {
    const start = offset + match.index;
    if (isPlain(match[0]) || !unspacedScript.test(match[0])) {
      words.push({ text: fold(match[0]), start, end: start + match[0].length });
      continue;
    }
    for (const { segment, index, isWordLike } of segmenter.segment(match[0])) {
      if (isWordLike === true) {
        words.push({ text: fold(segment), start: start + index, end: start + index + segment.length });
      }
    }
  }
  return words;
}

/** Almost every word of code is ASCII, which normalisation leaves as it is. */
const isPlain = (text: string): boolean => !/[^\0-\x7f]/.test(text);

/**
 * Compatibility normalisation in linear time. It sorts marks, which is quadratic in a run of them, so long runs are
 * broken as UAX #15 does for stream-safe text.
 */
export const normalised = (text: string): string =>
  isPlain(text) ? text : text.replace(/\p{M}{30}/gu, '$&\u034f').normalize('NFKC');

const fold = (word: string) => normalised(word).toLowerCase().replaceAll('’', "'").replace(/'s$/, '');

/** The words of a text with their positions (UTF-16 offsets). An identifier is one word. */
export const splitWords = (text: string): Word[] => split(text, 0);

/**
 * Like `splitWords`, but a path (`src/a/b.ts`) is one word too. Copied runs are counted in these units, since naming a
 * file must not look like copying five words.
 */
export function splitRunWords(text: string): Word[] {
  const words: Word[] = [];
  let from = 0;
  for (const { 0: chunk, index } of text.matchAll(chunkPattern)) {
    const path = chunk.includes('/') && !unspacedScript.test(chunk) ? pathPattern.exec(chunk) : null;
    if (!path?.[0].includes('/')) continue;
    words.push(...split(text.slice(from, index), from));
    const start = index + path.index;
    from = start + path[0].length;
    words.push({ text: fold(path[0]), start, end: from });
  }
  words.push(...split(text.slice(from), from));
  return words;
}

/**
 * A number by its value: "20_000", "20000" and "20000.0" are equal. Twelve digits tell any two numbers of code apart,
 * and hide the rounding of a division.
 */
export const numberKey = (value: number): string => String(Number(value.toPrecision(12)));

/**
 * The parts that an identifier's spelling shows: `retryCount`, `retry_count` and `RETRY-COUNT` all give retry, count.
 * So a claim cannot look new by respelling a line's identifiers. Digits stay with their part.
 */
export function splitParts(text: string): string[] {
  const spaced = text
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/[_$]+/gu, ' ');
  return splitWords(spaced).map((word) => word.text);
}

/** The numbers from 0 as prose writes them. */
export const countWords: readonly string[] =
  'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');

const list = (words: string) => new Set(words.trim().split(/\s+/u));

/** Words without meaning of their own (methodology, "Claims"). Published: part of the rule. */
export const stopWords: ReadonlySet<string> = list(`
  a about above after again all also am an and any are as at be because been before being below between both but
  by can could did do does doing done down during each either else etc ever every few for from further had has have
  having he her here hers him his how however i i'm i've if in into is it it's its itself just let's like made
  make makes making may me might more most much must my of off on once one only onto or other our ours out over own
  per rather same shall she should since so some such than that the their theirs them themselves then there there's
  thereby these they they're this those through thus to together too under until up upon us very via was we we're
  we've were what when where whereas whether which while who whom whose why will with within would yet you you're
  your yours`);

/** Words that can describe any change without saying anything about it (methodology, "Claims"). Published. */
export const diffWords: ReadonlySet<string> = list(`
  add added adding addition additional additions adds adjust adjusted adjusting adjusts adjustment alter altered
  alters apply applied applies author branch bug called change changed changes changing class classes clean cleaned
  cleanup code codebase commit commits const constant constants contain contained contains content contents create
  created creates creating current currently def define defined defines defining definition delete deleted deletes
  deleting deletion description diff directory documentation edit edited edits entry existing export exported exports
  extend extended extends feature field fields file files fix fixed fixes fixing folder following func function
  functions general hunk implement implementation implemented implements implementing import imported importing
  imports improve improved improvement improvements improves include included includes including insert inserted
  inserts introduce introduced introduces introducing issue key let line lines logic merge merged merges method
  methods minor modification modifications modified modifies modify modifying module modules move moved moves moving
  name named names new newly now old package parameter parameters part patch pr previous previously project property
  provide provided provides pull put puts refactor refactored refactoring refactors remove removal removed removes
  removing rename renamed renames renaming replace replaced replaces replacing repo repository request revise revised
  section set sets setting several small source statement string support supported supports text title touch touched
  touches tweak tweaked tweaks type types update updated updates updating use used uses using value values var
  variable variables various version way work works write writes written`);

/**
 * Verbs, adverbs and abbreviations that prose needs but that say nothing about a change. They include words that only
 * say where a word of the diff is, as in "A precedes B" (methodology, "Claims"). Published.
 */
export const ordinaryWords: ReadonlySet<string> = list(`
  accept accepted accepts allow allowed allows already always answer answers any anything api appear appeared
  appears away based become becomes behavior behaviour better big bigger build built carries carry case cases cause
  causes choose come comes correct correctly css data dedicated different directly done earlier easily else enable
  enables ensure ensures even exist exists expect expects fit fits follow followed follows form full fully gain
  gained gains get gets getting give given gives go goes going good handle handled handles happen happens help helps
  hold holds html http https instead json keep keeps kept kind know known large larger last later leave leaves left
  less long longer look looks lot lots mark marked marks mean means mention mentioned mentions need needed needs
  next number occur occurred occurs often ones open order part place places point possible precede preceded precedes
  prevent prevents proper properly put quite rather read ready real really relies rely result results right same say
  says see seen separate several show shown shows simple simply sit sits small smaller sql stand stands start starts
  state stay stays still take taken takes tell tells thing things time times turn turned turns ui url used usual
  usually want wants whatever whole word words world`);

/**
 * Words that reverse a text's meaning. They say nothing on their own, yet no folding rule may overlook one. Published.
 */
export const negations: ReadonlySet<string> = list('never no non not nothing without');

/** Whether a word is neither a stop word nor a diff word nor an ordinary word. */
export const isTelling = (word: string): boolean =>
  !stopWords.has(word) && !diffWords.has(word) && !ordinaryWords.has(word);

/** A text's words without stop words, diff words and ordinary words, in order. */
export const tellingWords = (words: string[]): string[] => words.filter(isTelling);

/**
 * Marks the words of a text that are in runs of `length` or more which one of the indexed texts contains in the same
 * order. The index contains every run of exactly `length` words, so building and querying it are linear.
 */
export function indexRuns(texts: Iterable<string>, length: number): (words: Word[]) => boolean[] {
  const runs = new Set<string>();
  for (const text of texts) {
    const words = splitRunWords(text);
    for (let at = 0; at + length <= words.length; at++) runs.add(runAt(words, at, length));
  }
  return (words) => {
    const covered = new Array<boolean>(words.length).fill(false);
    for (let at = 0; at + length <= words.length; at++) {
      if (runs.has(runAt(words, at, length))) covered.fill(true, at, at + length);
    }
    return covered;
  };
}

const runAt = (words: Word[], at: number, length: number) =>
  words
    .slice(at, at + length)
    .map((word) => word.text)
    .join(' ');

/** The lines of a unified diff without their signs, and file headers without their `a/` and `b/`. */
export function* diffLines(diff: string): Generator<string> {
  for (const line of diff.split('\n')) {
    const header = /^(?:\+\+\+|---) (?:[ab]\/)?(.*)$/u.exec(line);
    yield header ? (header[1] ?? '') : /^[+\- ]/u.test(line) ? line.slice(1) : line;
  }
}
