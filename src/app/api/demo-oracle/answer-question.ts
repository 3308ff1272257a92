import { cutText } from '#contracts/text.ts';
import { type FileReading, fileName, literal } from './read-diff.ts';

const unknown = 'The diff that I was given does not say.';
const maxAnswerCharacters = 600;
/** Each name in the question costs a search of all lines. */
const maxNames = 10;
/** Bounds the cost of a hostile line, because the search for a missing word is not linear in it. */
const maxLineCharacters = 400;

/**
 * Answers a question by searching the diff, or only the files that the question names: for a missing word, a name that
 * was defined or removed, or a value. Otherwise it quotes the changed line that shares the most words with the question.
 */
export function answerQuestion(question: string, files: FileReading[]): string {
  const named = files.filter(({ path }) => question.includes(path) || question.includes(fileName(path)));
  const searched = named.length > 0 ? named : files;
  const paths = new Set(searched.map(({ path }) => path));
  const asked = [...question.matchAll(/`([^`]+)`/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => !paths.has(name))
    .slice(0, maxNames);
  const answer =
    missingWord(question, searched) ??
    namedThing(question, searched) ??
    valueAsked(question, asked, searched) ??
    nearestLine(question, asked, searched);
  return cutText(answer ?? unknown, maxAnswerCharacters);
}

function missingWord(question: string, files: FileReading[]): string | null {
  const gap = /_{3,}/.exec(question);
  if (!gap) return null;
  const before = question.slice(0, gap.index);
  const after = question.slice(gap.index + gap[0].length).trimEnd();
  for (const line of files.flatMap(({ added, removed }) => [...added, ...removed])) {
    // The question quotes the line last, so the text before the gap ends with the line's beginning.
    const end = line.length - after.length;
    if (end <= 0 || line.length > maxLineCharacters || !line.endsWith(after)) continue;
    for (let start = 0; start < end; start++) {
      if (before.endsWith(line.slice(0, start)) && /^[\p{L}\p{N}_$]+$/u.test(line.slice(start, end))) {
        return `The missing word is ${line.slice(start, end)}.`;
      }
    }
  }
  return null;
}

function namedThing(question: string, files: FileReading[]): string | null {
  const [, ...asked] = question.split(/\b(?:which|what)\b/i);
  if (!asked.some((part) => /\b(?:new|newly|added|introduced|defined|removed|deleted)\b/i.test(part)))
    return null;
  const gone = /\b(?:removed|deleted|dropped)\b/i.test(question);
  const names = files.flatMap((file) => (gone ? file.undefines : file.defines));
  const found = names.length > 0 ? names : files.flatMap((file) => (gone ? file.goneNames : file.newNames));
  if (found.length === 0) return null;
  const [first, ...more] = found.slice(0, 3);
  return `It is ${[first, ...more].map((name) => `\`${name}\``).join(', possibly ')}.`;
}

function valueAsked(question: string, asked: string[], files: FileReading[]): string | null {
  if (!/\b(?:value|how (?:many|much|long)|default|limit|number)\b/i.test(question)) return null;
  for (const name of asked) {
    for (const file of files) {
      const value = file.values.find((candidate) => candidate.name === name);
      if (value) {
        const before = value.before === null ? '' : `, where it was ${value.before} before`;
        return `\`${name}\` is ${value.after} now${before}.`;
      }
      const line = file.added.find((candidate) => candidate.includes(name));
      const rest = line && /[:=]\s*(.+?)[,;]?$/.exec(line.slice(line.indexOf(name) + name.length))?.[1];
      if (rest) return `\`${name}\` is ${literal(rest)}.`;
    }
  }
  return null;
}

function nearestLine(question: string, asked: string[], files: FileReading[]): string | null {
  const wanted = new Set([...asked.flatMap(words), ...words(question)]);
  let best: string | null = null;
  let most = 0;
  for (const { added, removed } of files) {
    for (const line of [...added, ...removed]) {
      const shared = new Set(words(line).filter((word) => wanted.has(word))).size;
      if (shared > most) [best, most] = [line, shared];
    }
  }
  return best === null ? null : `The changed line nearest to this reads: ${best}`;
}

const words = (text: string) =>
  (text.toLowerCase().match(/[\p{L}\p{N}_]{3,}/gu) ?? []).filter(
    (word) => !/^(?:which|what|the|this|that|line|file)$/.test(word),
  );
