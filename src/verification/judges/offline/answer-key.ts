import type { GroundTruth } from '#contracts/ground-truth.ts';
import { cutText } from '#contracts/text.ts';
import { quoteCountsInDiff } from '../../text/quotes.ts';
import { splitParts, splitWords, stopWords, tellingWords } from '../../text/words.ts';
import type { JudgeAnswer } from '../judge.ts';
import { isComment, isImport, readAssignment, readDefinition } from './definitions.ts';
import { type DiffEvidence, type EvidenceLine, maxQuoteCharacters, quoteLine } from './diff-evidence.ts';
import { chooseQuestion } from './question.ts';

/** One important change, as read off the diff. `importance` orders changes of a file, 1 to 10. */
export type Candidate = {
  kind: 'value' | 'given' | 'defined' | 'removed' | 'altered' | 'used' | 'said' | 'moved';
  name: string;
  value: string;
  path: string;
  statement: string;
  quote: string;
  importance: number;
};

const maxChanges = 10;
/** A key has one change for so many changed lines, rounded up. */
const linesPerChange = 8;

/** Reads the answer key off a diff (see `rule.ts`, "Answer key"). `changes` is empty where none can be made. */
export function makeAnswerKey(groundTruth: GroundTruth, evidence: DiffEvidence): JudgeAnswer {
  const perFile = evidence.diff.files
    .filter((file) => !generated.test(file.path))
    .map((file) =>
      dedupe(candidatesOf(evidence.linesOf.get(file.path) ?? [], file, evidence)).sort(
        (a, b) => b.importance - a.importance,
      ),
    )
    .filter((candidates) => candidates.length > 0);
  const byFile = nameOnce(perFile);
  const wanted = Math.min(maxChanges, Math.max(1, Math.ceil(evidence.lines.length / linesPerChange)));
  const chosen = spread(byFile, wanted);
  const question = chooseQuestion(byFile.flat(), groundTruth, evidence);
  if (chosen.length === 0 || question === null) return { changes: [], question: null, verdicts: [] };
  return {
    changes: chosen.map(({ statement, quote }, index) => ({ id: `k${index + 1}`, statement, quote })),
    question,
    verdicts: [],
  };
}

/** A name that one file defines and others use is one change, told where it matters most. */
function nameOnce(perFile: Candidate[][]): Candidate[][] {
  const foremost = new Map<string, Candidate>();
  for (const candidate of perFile.flat()) {
    const known = foremost.get(candidate.name);
    if (!known || known.importance < candidate.importance) foremost.set(candidate.name, candidate);
  }
  return perFile.map((candidates) =>
    candidates.filter((candidate) => candidate.kind !== 'used' || foremost.get(candidate.name) === candidate),
  );
}

const generated =
  /(?:^|\/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|cargo\.lock|go\.sum|poetry\.lock|uv\.lock|composer\.lock|gemfile\.lock)$|\.(?:min\.js|map|snap|svg)$/i;
/** Every class has one: it says little that there is a new one. */
const constructors = /^(?:constructor|__init__|init|initialize|new)$/;
const isProse = (path: string) => /\.(?:md|mdx|rst|txt|adoc)$/i.test(path);
const isTest = (path: string) => /(?:^|[/._-])(?:tests?|specs?|__tests__|e2e)(?:[/._-]|$)/i.test(path);

/** Takes the most important change that is left, each further one of the same file counting for less. */
function spread(byFile: Candidate[][], wanted: number): Candidate[] {
  const taken = byFile.map(() => 0);
  const chosen: Candidate[] = [];
  while (chosen.length < wanted) {
    let best = -1;
    let bestWorth = 0;
    for (const [file, candidates] of byFile.entries()) {
      const next = candidates[taken[file] ?? 0];
      const worth = next ? next.importance * 0.8 ** (taken[file] ?? 0) : 0;
      if (worth > bestWorth) [best, bestWorth] = [file, worth];
    }
    const next = byFile[best]?.[taken[best] ?? 0];
    if (!next) break;
    taken[best] = (taken[best] ?? 0) + 1;
    chosen.push(next);
  }
  return chosen;
}

/** One candidate for a name and for a line: the most important. */
function dedupe(candidates: Candidate[]): Candidate[] {
  const names = new Set<string>();
  const quotes = new Set<string>();
  return [...candidates]
    .sort((a, b) => b.importance - a.importance)
    .filter(({ name, quote }) => {
      if ((name !== '' && names.has(name)) || quotes.has(quote)) return false;
      names.add(name);
      quotes.add(quote);
      return true;
    });
}

function candidatesOf(
  lines: EvidenceLine[],
  file: DiffEvidence['diff']['files'][number],
  evidence: DiffEvidence,
): Candidate[] {
  const { path } = file;
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
    if (quote === null || (quote === line && !quoteCountsInDiff(quote, { files: [file] }))) return;
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

/** A sentence as a value would be the line said back. */
const changed = (name: string, old: string, value: string) =>
  /\s/.test(old + value)
    ? `Changes the text of \`${name}\``
    : `Changes \`${name}\` from \`${old}\` to \`${value}\``;

/** A definition within another matters less: one step for each level of indentation, two at most. */
const depth = (text: string) =>
  Math.min(2, (/^[\t ]*/.exec(text)?.[0] ?? '').replaceAll('\t', '  ').length / 2);

/** What is read on added and on removed lines, with the last line that it was read on. */
function sides(lines: EvidenceLine[], read: (text: string) => string | null) {
  const found = { added: new Map<string, string>(), removed: new Map<string, string>() };
  for (const line of lines) {
    const name = isComment(line.text) ? null : read(line.text);
    if (name !== null) found[line.sign === '+' ? 'added' : 'removed'].set(name, line.text);
  }
  return found;
}

const codeName = /^(?=.*[\p{L}])[\p{L}_$][\p{L}\p{N}_$]*$/u;
// Which names a file's added and removed lines hold: asked for every line, so read once per file.
const namesOfSides = new WeakMap<EvidenceLine[], { added: Set<string>; removed: Set<string> }>();

/** The longest spelt name of a line that the file's other side does not hold, null where there is none. */
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
