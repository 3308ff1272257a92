import { answerQuestion } from './answer-question.ts';
import type { Character, ReadRequest, Telling } from './character.ts';
import { type FileReading, fileName } from './read-diff.ts';

const maxClaims = 6;
/** With this many facts, no weaker claims are added. */
const enoughClaims = 4;
const maxFiles = 6;
/** How many of a file's names are looked at when each costs a search of all its lines. */
const maxNames = 50;

/**
 * Says what can be read off the diff: what is defined or removed, which values change, where names are used. So its
 * claims are true, but it misses what a reader would understand.
 */
export const good: Character = (request) => ({
  ...tell(request),
  follow_up_response: answerQuestion(request.question, request.files),
});

/** Summary and claims about `files`, true or not. */
export function tell({ title, files }: ReadRequest): Pick<Telling, 'summary' | 'key_claims'> {
  const telling = files
    .filter(
      ({ path }) =>
        !/(?:^|\/)(?:package-lock\.json|yarn\.lock|go\.sum)$|\.(?:lock|snap|svg|min\.js)$/.test(path),
    )
    .sort((a, b) => worth(b) - worth(a))
    .slice(0, maxFiles);
  return {
    summary: summarise(telling, files.length, title),
    key_claims: claims(telling).slice(0, maxClaims),
  };
}

const worth = (file: FileReading) =>
  file.defines.length * 3 +
  file.undefines.length * 3 +
  file.values.length * 2 +
  Math.min(10, (file.added.length + file.removed.length) / 5) -
  (/test|spec/i.test(file.path) ? 8 : 0);

function summarise(files: FileReading[], allFiles: number, title: string): string {
  const sentences = files.map(describe).filter((sentence) => sentence !== '');
  const rest = allFiles > files.length ? [`${allFiles - files.length} more files are touched.`] : [];
  if (sentences.length === 0)
    return `The change is titled “${title}”; its diff names nothing that I can read.`;
  return [...sentences, ...rest].join(' ');
}

function describe(file: FileReading): string {
  const parts: string[] = [];
  if (file.defines.length > 0)
    parts.push(`${list(file.defines, 4)} ${file.defines.length > 1 ? 'are' : 'is'} new`);
  if (file.undefines.length > 0) {
    parts.push(`${list(file.undefines, 4)} ${file.undefines.length > 1 ? 'are' : 'is'} gone`);
  }
  for (const { name, before, after } of file.values.slice(0, 3)) {
    parts.push(
      before === null ? `\`${name}\` is set to ${after}` : `\`${name}\` goes from ${before} to ${after}`,
    );
  }
  const told = new Set([...file.defines, ...file.values.map(({ name }) => name)]);
  const used = file.newNames.filter((name) => !told.has(name));
  if (used.length > 0) parts.push(`the code now uses ${list(used, 3)}`);
  const toldGone = new Set(file.undefines);
  const gone = file.goneNames.filter((name) => !toldGone.has(name));
  if (gone.length > 0) parts.push(`it no longer mentions ${list(gone, 2)}`);
  if (parts.length === 0) {
    const topics = rareWords(file.added.length > 0 ? file.added : file.removed, 4);
    if (topics.length === 0) return '';
    parts.push(`the ${file.added.length > 0 ? 'new' : 'removed'} text is about ${joined(topics)}`);
  }
  return `In ${file.path}, ${joined(parts, '; ')}.`;
}

/** Facts first, one file after the other, so that no large file takes every place. Weaker claims only if facts are few. */
function claims(files: FileReading[]): string[] {
  const facts = inTurn(files.map((file) => [...factsOf(file, files)]));
  const weaker = inTurn(files.map((file) => [...pairsOf(file)]));
  return [...new Set([...facts, ...weaker.slice(0, Math.max(0, enoughClaims - facts.length))])];
}

/** Each claim joins facts of different lines. A claim about one line alone would only repeat the diff. */
function* factsOf(file: FileReading, files: FileReading[]): Generator<string> {
  const { defines, undefines, values } = file;
  const place = fileName(file.path);
  const [first, second] = defines;
  const [gone, goneToo] = undefines;
  if (first && gone) yield `\`${gone}\` is removed from ${place}, while \`${first}\` is added.`;
  else if (first && second) yield `${place} gains both \`${first}\` and \`${second}\`.`;
  else if (gone && goneToo) yield `\`${gone}\` and \`${goneToo}\` are both removed.`;

  const [value, other] = values.filter(({ before }) => before !== null);
  if (value) {
    const more = other ? `, and \`${other.name}\` changes from ${other.before} to ${other.after}` : '';
    yield `\`${value.name}\` changes from ${value.before} to ${value.after}${more}.`;
  }
  const set = values.find(({ before }) => before === null);
  if (set && first) yield `Along with \`${first}\`, \`${set.name}\` is set to ${set.after}.`;

  for (const name of defines.slice(0, maxNames)) {
    const user = files.find((candidate) => candidate !== file && candidate.newNames.includes(name));
    if (!user) continue;
    const beside = user.newNames
      .slice(0, maxNames)
      .find((candidate) => candidate !== name && !sameLine(user, name, candidate));
    yield `${user.path} makes use of the new \`${name}\`${beside ? ` and also of \`${beside}\`` : ''}.`;
    break;
  }
}

function inTurn<T>(lists: T[][]): T[] {
  const longest = Math.max(0, ...lists.map((items) => items.length));
  return Array.from({ length: longest }, (_, turn) =>
    lists.flatMap((items) => items.slice(turn, turn + 1)),
  ).flat();
}

/** Weaker claims, which join names or words from different lines of one file. */
function* pairsOf(file: FileReading): Generator<string> {
  const place = fileName(file.path);
  const [name] = file.newNames;
  const gone = file.goneNames[0];
  if (name && gone) yield `In ${place}, \`${gone}\` no longer occurs and \`${name}\` now occurs.`;
  const other = file.newNames
    .slice(0, maxNames)
    .find((candidate) => name && candidate !== name && !sameLine(file, name, candidate));
  if (name && other) yield `${place} now uses \`${name}\` as well as \`${other}\`.`;
  const [lines, verb] =
    file.added.length > 0 ? [file.added, 'brings up'] : [file.removed, 'no longer brings up'];
  const topics = lines.map((line) => rareWords([line], 2)).filter((words) => words.length === 2);
  for (let first = 0, last = topics.length - 1; first < last && first < 3; first++, last--) {
    const [one = [], two = []] = [topics[first], topics[last]];
    if (one.some((word) => two.includes(word))) continue;
    yield `${place} ${verb} ${joined(one, ' and ')} in one line, ${joined(two, ' and ')} in another.`;
  }
}

const sameLine = (file: FileReading, a: string, b: string) =>
  file.added.some((line) => line.includes(a) && line.includes(b));

/** Words of the programming languages or of test runners, which say nothing about the topic. */
const noTopic =
  /^(?:async|await|catch|class|const|default|describe|except|expect|export|false|function|https?|import|return|require|should|static|string|switch|throw|undefined|while|which|where|their|there|these|those|would|about|after|before)$/i;

/** The longest distinct words of some lines, in the lines' order. */
function rareWords(lines: string[], count: number): string[] {
  const found = lines.slice(0, 200).flatMap((line) => line.slice(0, 400).match(/\p{L}{5,}/gu) ?? []);
  const words = [...new Set(found)].filter((word) => !noTopic.test(word));
  const chosen = new Set([...words].sort((a, b) => b.length - a.length).slice(0, count));
  return words.filter((word) => chosen.has(word));
}

function list(names: string[], most: number): string {
  const shown = names.slice(0, most).map((name) => `\`${name}\``);
  return joined(names.length > most ? [...shown, `${names.length - most} more`] : shown);
}

const joined = (parts: string[], separator = ', '): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(separator)} and ${parts.at(-1) ?? ''}`;
