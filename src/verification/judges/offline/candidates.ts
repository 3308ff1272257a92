import { cutText } from '#contracts/text.ts';
import { quoteCountsInDiff } from '../../text/quotes.ts';
import { splitParts, splitWords, stopWords, tellingWords } from '../../text/words.ts';
import { isComment, isImport, readAssignment, readDefinition } from './definitions.ts';
import { type DiffEvidence, type EvidenceLine, maxQuoteCharacters, quoteLine } from './diff-evidence.ts';

/** One important change, read off the diff. `importance` orders a file's changes, from 1 to 10. */
export type Candidate = {
  kind: 'value' | 'given' | 'defined' | 'removed' | 'altered' | 'used' | 'said' | 'moved';
  name: string;
  value: string;
  path: string;
  statement: string;
  quote: string;
  importance: number;
};

/** Every class has one, so a new constructor says little. */
const constructors = /^(?:constructor|__init__|init|initialize|new)$/;
const isProse = (path: string) => /\.(?:md|mdx|rst|txt|adoc)$/i.test(path);
const isTest = (path: string) => /(?:^|[/._-])(?:tests?|specs?|__tests__|e2e)(?:[/._-]|$)/i.test(path);

/** What one file of a diff changes, in the order of its lines. */
export function readCandidates(
  file: DiffEvidence['diff']['files'][number],
  evidence: DiffEvidence,
): Candidate[] {
  const { path } = file;
  const lines = evidence.linesOf.get(path) ?? [];
  const weight = isTest(path) ? 0.5 : isProse(path) ? 0.7 : 1;
  const found: Candidate[] = [];
  const put = (
    kind: Candidate['kind'],
    line: EvidenceLine | string,
    importance: number,
    name: string,
    value: string,
    statement: string,
  ) => {
    const quote = typeof line === 'string' ? line : quoteLine(line, evidence.diff);
    if (quote === null || (quote === line && !quoteCountsInDiff(quote, { files: [file] }, path))) return;
    found.push({
      kind,
      name,
      value,
      path,
      statement: `${statement} in ${path}.`,
      quote,
      importance: importance * weight,
    });
  };

  if (file.status === 'renamed') {
    put(
      'moved',
      cutText(`rename to ${path}`, maxQuoteCharacters),
      5,
      '',
      '',
      `The file ${file.oldPath ?? ''} is renamed, it is now found`,
    );
  }
  const defined = sides(lines, (text) => readDefinition(text)?.name ?? null);
  const assigned = sides(lines, (text) => readAssignment(text)?.name ?? null);
  for (const line of lines) {
    if (isComment(line.text)) continue;
    if (isProse(path)) {
      const telling = new Set(tellingWords(splitParts(line.text)));
      if (telling.size >= 3) {
        const says = line.sign === '+' ? 'The text now says' : 'The text no longer says';
        put(
          'said',
          line,
          Math.min(8, 2 + telling.size * 0.4) - (line.sign === '-' ? 2 : 0),
          '',
          '',
          `${says} “${cutText(line.text.trim(), maxQuoteCharacters)}”`,
        );
      }
      continue;
    }
    const definition = readDefinition(line.text);
    const given = definition ? null : readAssignment(line.text);
    if (definition) {
      const { noun, name } = definition;
      const both = defined.added.has(name) && defined.removed.has(name);
      if (both && line.sign === '+') {
        put(
          'altered',
          line,
          constructors.test(name) ? 3 : 7,
          name,
          '',
          `The definition of the ${noun} \`${name}\` changes`,
        );
      } else if (!both) {
        const [kind, verb, importance] =
          line.sign === '+' ? (['defined', 'Adds', 9] as const) : (['removed', 'Removes', 8] as const);
        put(
          kind,
          line,
          importance - (constructors.test(name) ? 6 : depth(line.text)),
          name,
          '',
          `${verb} the ${noun} \`${name}\``,
        );
      }
    } else if (given) {
      const { name, value } = given;
      const before = assigned.removed.get(name);
      const old = before === undefined ? null : (readAssignment(before)?.value ?? null);
      if (line.sign === '+' && old !== null && old !== value) {
        put('value', line, 9, name, value, changed(name, old, value));
      } else if (old === null && line.sign === '+') {
        put(
          'given',
          line,
          5 - depth(line.text),
          name,
          value,
          /\s/.test(value) ? `Sets the text of \`${name}\`` : `Gives \`${name}\` the value \`${value}\``,
        );
      } else if (line.sign === '-' && !assigned.added.has(name)) {
        put(
          'removed',
          line,
          4 - depth(line.text),
          name,
          '',
          `Removes \`${name}\`, which had the value \`${value}\`,`,
        );
      }
    } else {
      const name = newName(line, lines);
      if (name !== null) {
        const verb = line.sign === '+' ? 'Now uses' : 'No longer uses';
        const importance = (isImport(line.text) ? 1.5 : 4) - (line.sign === '-' ? 1 : 0);
        put('used', line, importance, name, '', `${verb} \`${name}\``);
      }
    }
  }
  if (found.length === 0) {
    for (const line of lines) {
      const telling = tellingWords(splitParts(line.text));
      if (telling.length >= 2)
        put(
          'said',
          line,
          1 + Math.min(telling.length, 10) / 10,
          '',
          '',
          `${line.sign === '+' ? 'Adds' : 'Removes'} “${cutText(line.text.trim(), maxQuoteCharacters)}”`,
        );
    }
  }
  return found;
}

/** A value with spaces is not shown: the statement would only repeat the line. */
const changed = (name: string, old: string, value: string) =>
  /\s/.test(old + value)
    ? `Changes the text of \`${name}\``
    : `Changes \`${name}\` from \`${old}\` to \`${value}\``;

/** A nested definition matters less: one step for each level of indentation, two at most. */
const depth = (text: string) =>
  Math.min(2, (/^[\t ]*/.exec(text)?.[0] ?? '').replaceAll('\t', '  ').length / 2);

/** The names read on added and on removed lines, each with the last line that it was read on. */
function sides(lines: EvidenceLine[], read: (text: string) => string | null) {
  const found = { added: new Map<string, string>(), removed: new Map<string, string>() };
  for (const line of lines) {
    const name = isComment(line.text) ? null : read(line.text);
    if (name !== null) found[line.sign === '+' ? 'added' : 'removed'].set(name, line.text);
  }
  return found;
}

const codeName = /^(?=.*[\p{L}])[\p{L}_$][\p{L}\p{N}_$]*$/u;
// The names on a file's added and removed lines. Every line asks for them, so they are read once per file.
const namesOfSides = new WeakMap<EvidenceLine[], { added: Set<string>; removed: Set<string> }>();

/** The longest code-like name of a line that the file's other side does not hold, or null. */
function newName(line: EvidenceLine, lines: EvidenceLine[]): string | null {
  let names = namesOfSides.get(lines);
  if (!names) {
    names = { added: new Set(), removed: new Set() };
    for (const { text, sign } of lines) {
      for (const word of splitWords(text)) names[sign === '+' ? 'added' : 'removed'].add(word.text);
    }
    namesOfSides.set(lines, names);
  }
  const other = line.sign === '+' ? names.removed : names.added;
  let longest: string | null = null;
  for (const word of splitWords(line.text)) {
    const raw = line.text.slice(word.start, word.end);
    const spelt = /\p{Ll}\p{Lu}|\p{L}_\p{L}|^\p{Lu}\p{Ll}/u.test(raw);
    if (!spelt || !codeName.test(raw) || other.has(word.text) || stopWords.has(word.text)) continue;
    if (raw.length >= 4 && raw.length > (longest?.length ?? 0)) longest = raw;
  }
  return longest;
}
