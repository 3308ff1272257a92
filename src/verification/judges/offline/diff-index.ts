import type { GroundTruth } from '#contracts/ground-truth.ts';
import { cutText } from '#contracts/text.ts';
import { isGeneratedPath } from '../../diff/generated.ts';
import { type ParsedDiff, type ParsedFile, parseDiff, splitDiff } from '../../diff/parse-diff.ts';
import { quoteCountsInDiff } from '../../text/quotes.ts';
import { indexRuns, splitParts, splitRunWords } from '../../text/words.ts';
import { type CodeLine, endingOf, isProse, isTest, readCodeLines } from './code-lines.ts';
import { isImportLine, type Role, rolesOn } from './declarations.ts';
import { isManifest, readDependency } from './manifests.ts';
import { literalIn, type Setting, settingsOn, type Value, valueKeys } from './values.ts';

export const maxQuoteCharacters = 300;

/** What kind of file it is, the more telling kind first. */
export const fileKinds = ['source', 'data', 'test', 'prose', 'generated'] as const;
export type FileKind = (typeof fileKinds)[number];

/** A name's place on a line. `sign` says what became of it there: a line that drops a table removes it. */
export type Use = Omit<Role, 'name'> & { at: number; sign: '+' | '-' | ' ' };

/** How often a name stands on added, removed and unchanged lines of a file. */
export type Tally = {
  uses: Use[];
  added: number;
  removed: number;
  around: number;
  settings: (Setting & { at: number; sign: '+' | '-' | ' ' })[];
};

export type IndexedFile = {
  parsed: ParsedFile;
  kind: FileKind;
  ending: string;
  lines: CodeLine[];
  /** For each line the line that it is indented under, within its hunk and on its side. −1: none. */
  parents: number[];
  /** The text behind each hunk's header: where the hunk stands, as git has it. By `hunk` of a line. */
  places: Map<number, string>;
  names: Map<string, Tally>;
};

/** A line of a file, by its place among the file's lines. */
export type Place = { file: IndexedFile; at: number };

export type DiffIndex = {
  diff: ParsedDiff;
  files: IndexedFile[];
  /** The files that hold a name, in the order of the diff. */
  holders: ReadonlyMap<string, IndexedFile[]>;
  /** Where a literal stands in code, by the keys of its value. The first places of each. */
  literals: ReadonlyMap<string, Place[]>;
  /** Where a name is set to a value, by the keys of the value. The first places of each. */
  settings: ReadonlyMap<string, (Place & { name: string })[]>;
  /** The names of the diff by their joined parts: `retry_count` is found as "retry count". */
  spellings: ReadonlyMap<string, string[]>;
  /** The files that a path or file name may mean. */
  filesNamed(path: string): IndexedFile[];
  /** Whether a sentence only says a line of the diff back. */
  repeats(sentence: string): boolean;
  /** Whether the text stands anywhere in the pull request, strings and comments included. */
  says(text: string): boolean;
};

/** So many words of a sentence in the order of one line are copied. */
const copiedRun = 4;
const squeezed = (text: string) => text.replace(/\s+/g, '');

export const partsKey = (name: string): string => splitParts(name).join('');

const kindOf = (path: string): FileKind => {
  if (isGeneratedPath(path)) return 'generated';
  if (isTest(path)) return 'test';
  if (isManifest(path)) return 'data';
  if (isProse(path)) return 'prose';
  return /^(?:ya?ml|json|jsonc|json5|toml|ini|cfg|conf|env|properties|xml|lock|editorconfig|gitignore|csv|svg)$/.test(
    endingOf(path),
  )
    ? 'data'
    : 'source';
};

/** Indexes a pull request. Time and memory grow with its length, not with the questions asked. */
export function indexDiff(groundTruth: GroundTruth): DiffIndex {
  const sections = splitDiff(groundTruth.diff);
  const diff = parseDiff(groundTruth.diff);
  let hunks = 0;
  const files = sections.map((section, at): IndexedFile => {
    const parsed = diff.files[at];
    if (!parsed) throw new Error('Every section of a diff is a file.');
    const kind = kindOf(parsed.path);
    const lines = readCodeLines(section, parsed.path, hunks);
    const places = new Map(
      section.hunks.map(({ header }, hunk) => [hunks + hunk, header.replace(/^@@[^@]*@@ ?/, '')]),
    );
    hunks += section.hunks.length;
    const ending = endingOf(parsed.path);
    const file = {
      parsed,
      kind,
      ending,
      lines,
      parents: parentsOf(lines),
      places,
      names: new Map<string, Tally>(),
    };
    readNames(file);
    return file;
  });
  const holders = new Map<string, IndexedFile[]>();
  const spellings = new Map<string, string[]>();
  for (const file of files) {
    for (const name of file.names.keys()) {
      const known = holders.get(name);
      if (known) known.push(file);
      else {
        holders.set(name, [file]);
        const key = partsKey(name);
        spellings.set(key, [...(spellings.get(key) ?? []).slice(0, 7), name]);
      }
    }
  }
  const byEnding = indexPaths(files);
  const raw = `${groundTruth.title}\n${groundTruth.description}\n${groundTruth.diff}`.toLowerCase();
  const said = new Set([...raw.matchAll(/[\p{L}\p{N}_$]+/gu)].map(([word]) => word));
  const lines = files.flatMap((file) => file.lines.map(({ text }) => text));
  const wholeLines = new Set(lines.map(squeezed));
  const inLines = indexRuns(lines, copiedRun);
  return {
    diff,
    files,
    repeats: (sentence) => {
      if (
        wholeLines.has(squeezed(sentence.replace(/^[+-]\s?/, ''))) ||
        /[{}]\s*$|[)\]}'"];\s*$|=>|\{.*\}/.test(sentence.replace(/`[^`]*`/g, ''))
      )
        return true;
      const words = splitRunWords(sentence);
      return inLines(words).filter((covered) => covered).length * 2 >= Math.max(1, words.length);
    },
    holders,
    literals: literalsOf(files),
    settings: settingsOf(files),
    spellings,
    filesNamed: (path) => {
      const written = path.toLowerCase().replace(/^\.?\//, '');
      return (
        byEnding.get(written) ?? (/^[ab]\//.test(written) ? byEnding.get(written.slice(2)) : undefined) ?? []
      );
    },
    says: (text) =>
      /^[\p{L}\p{N}_$]+$/u.test(text) ? said.has(text.toLowerCase()) : raw.includes(text.toLowerCase()),
  };
}

/** So many places of one literal are looked at. */
const maxPlaces = 100;

function putPlace<P extends Place>(found: Map<string, P[]>, value: Value, place: P): void {
  for (const key of new Set(valueKeys(value))) {
    const places = found.get(key) ?? [];
    if (places.length === 0) found.set(key, places);
    if (places.length < maxPlaces) places.push(place);
  }
}

const isOfCode = ({ kind }: IndexedFile) => kind !== 'generated' && kind !== 'prose';

function settingsOf(files: IndexedFile[]): Map<string, (Place & { name: string })[]> {
  const found = new Map<string, (Place & { name: string })[]>();
  for (const file of files.filter(isOfCode))
    for (const [name, { settings }] of file.names)
      for (const { value, at } of settings) putPlace(found, value, { name, file, at });
  return found;
}

function literalsOf(files: IndexedFile[]): Map<string, Place[]> {
  const found = new Map<string, Place[]>();
  for (const file of files.filter(isOfCode))
    for (const [at, line] of file.lines.entries())
      for (const token of line.tokens) {
        const value = literalIn(token);
        if (value) putPlace(found, value, { file, at });
      }
  return found;
}

function parentsOf(lines: CodeLine[]): number[] {
  const parents = new Array<number>(lines.length).fill(-1);
  for (const side of ['-', '+'] as const) {
    let open: number[] = [];
    let hunk = -1;
    for (const [at, line] of lines.entries()) {
      if (line.hunk !== hunk) [open, hunk] = [[], line.hunk];
      const other = side === '+' ? '-' : '+';
      if (line.sign === other || line.text.trim() === '') continue;
      let closed: number | undefined;
      for (
        let top = open.at(-1);
        top !== undefined && (lines[top]?.indent ?? 0) >= line.indent;
        top = open.at(-1)
      )
        closed = open.pop();
      if (line.sign === side || side === '+') parents[at] = open.at(-1) ?? -1;
      // ") {" goes on with what its bracket began.
      const goesOn =
        /^\s*[)\]}]/.test(line.text) && closed !== undefined && lines[closed]?.indent === line.indent;
      open.push(goesOn && closed !== undefined ? closed : at);
    }
  }
  return parents;
}

/** The longest list of imported names that a line which only closes it is led back over. */
const maxImportLines = 200;

function readNames(file: IndexedFile): void {
  const { lines, names } = file;
  const imports = importsOf(lines);
  const tallyOf = (name: string): Tally => {
    const known = names.get(name);
    if (known) return known;
    const tally: Tally = { uses: [], added: 0, removed: 0, around: 0, settings: [] };
    names.set(name, tally);
    return tally;
  };
  const put = ({ name, drops, ...role }: Role, at: number, line: CodeLine) => {
    if (name === '' || name.length > 200) return;
    const sign = drops === true ? (line.sign === '+' ? '-' : line.sign === '-' ? '+' : ' ') : line.sign;
    const tally = tallyOf(name);
    tally.uses.push({ ...role, ...(drops === true ? { drops } : {}), at, sign });
    if (sign === '+') tally.added++;
    else if (sign === '-') tally.removed++;
    else tally.around++;
  };
  const asManifest = isManifest(file.parsed.path);
  for (const [at, line] of lines.entries()) {
    const dependency = asManifest ? readDependency(line.text) : null;
    if (dependency) {
      put({ name: dependency.name, role: 'defined', noun: 'dependency' }, at, line);
      const value = { kind: 'word', text: dependency.version } as const;
      if (dependency.version !== '')
        tallyOf(dependency.name).settings.push({
          name: dependency.name,
          value,
          alone: true,
          literal: true,
          unit: null,
          at,
          sign: line.sign,
        });
    } else if (isProse(file.parsed.path)) {
      for (const role of rolesInProse(line.text)) put(role, at, line);
    } else {
      for (const role of rolesOn(line, file.ending, imports[at] === true)) put(role, at, line);
      if (imports[at] !== true)
        for (const setting of settingsOn(line, file.ending))
          names.get(setting.name)?.settings.push({ ...setting, at, sign: line.sign });
    }
  }
}

/** Which lines import: by their own form, or within a list of imported names that a later line closes. */
function importsOf(lines: CodeLine[]): boolean[] {
  const imports = lines.map(({ text }) => isImportLine(text));
  let inside: RegExp | null = null;
  for (const [at, { text, hunk }] of lines.entries()) {
    if (lines[at - 1]?.hunk !== hunk) inside = null;
    if (inside !== null) {
      imports[at] = true;
      if (inside.test(text)) inside = null;
    } else if (/^\s*(?:import|export)\s*(?:type\s*)?\{[^}]*$/.test(text)) inside = /\}/;
    else if (/^\s*(?:import\s*\(|from\s+\S+\s+import\s*\()[^)]*$/.test(text)) inside = /\)/;
    else if (/^\s*(?:pub\s+)?use\s+[\w:]+\{[^}]*$/.test(text)) inside = /\}/;
    if (/^\s*\}\s*from\s+['"]/.test(text)) {
      for (let back = at; back > at - maxImportLines && lines[back]?.hunk === hunk; back--) {
        if (back !== at && !/^\s*(?:type\s+)?[\w$]+(?:\s+as\s+[\w$]+)?,?\s*$/.test(lines[back]?.text ?? ''))
          break;
        imports[back] = true;
      }
    }
  }
  return imports;
}

/** In prose names stand in backticks or are spelt like code. A heading names its section. */
function rolesInProse(text: string): Role[] {
  if (text.length > 2000) return [];
  const roles: Role[] = [];
  const heading = /^#{1,6}\s+(.{1,100}?)\s*#*$/.exec(text.trim());
  if (heading?.[1]) roles.push({ name: heading[1].replaceAll('`', ''), role: 'defined', noun: 'section' });
  for (const [, span = ''] of text.matchAll(/`([^`\s][^`]{0,80})`/g)) {
    const name = /^[#$@.-]*[\p{L}_$][\p{L}\p{N}_$./:@-]*(?:\(\))?$/u.test(span)
      ? span.replace(/\(\)$/, '')
      : '';
    if (name !== '') roles.push({ name, role: 'read' });
  }
  for (const [word] of text.replace(/`[^`]*`/g, ' ').matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu))
    if (isSpeltLikeCode(word)) roles.push({ name: word, role: 'read' });
  return roles;
}

export const isSpeltLikeCode = (word: string): boolean =>
  /\p{Ll}\p{Lu}|[\p{L}\p{N}]_[\p{L}\p{N}]|^[_$]\p{L}|\p{Lu}{2,}\p{Ll}{2,}/u.test(word);

/** Longer than any path that a claim could name. Bounds the cost of a path made of slashes only. */
const maxPathCharacters = 1000;
const maxFilesOfOneName = 8;

function indexPaths(files: IndexedFile[]): Map<string, IndexedFile[]> {
  const found = new Map<string, IndexedFile[]>();
  const put = (ending: string, file: IndexedFile) => {
    const known = found.get(ending) ?? [];
    if (ending !== '' && !known.includes(file) && known.length < maxFilesOfOneName)
      found.set(ending, [...known, file]);
  };
  for (const file of files) {
    for (const path of [file.parsed.path, file.parsed.oldPath ?? file.parsed.path]) {
      const known = path.toLowerCase().slice(-maxPathCharacters);
      for (const start of [0, ...[...known.matchAll(/\//g)].map(({ index }) => index + 1)])
        put(known.slice(start), file);
    }
  }
  return found;
}

/** The names that a line stands under, from the nearest line outwards, and whether they are all that there are. */
export function scopeOf(file: IndexedFile, at: number): { names: Set<string>; whole: boolean } {
  const names = new Set<string>();
  let outermost = at;
  for (let line = at, steps = 0; line >= 0 && steps < 40; line = file.parents[line] ?? -1, steps++) {
    outermost = line;
    for (const token of file.lines[line]?.tokens ?? []) {
      // Of the line itself only what it defines or sets holds the rest of it.
      const holds = ({ uses, settings }: Tally) =>
        uses.some((use) => use.at === line && use.role === 'defined') ||
        settings.some((setting) => setting.at === line);
      const tally = token.kind === 'name' ? file.names.get(token.text) : undefined;
      if (token.kind === 'name' && (line !== at || (tally && holds(tally)))) names.add(token.text);
    }
  }
  const place = file.places.get(file.lines[at]?.hunk ?? -1) ?? '';
  const whole = file.lines[outermost]?.indent === 0;
  if (!whole) for (const [word] of place.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) names.add(word);
  return { names, whole };
}

/** A changed line as a quote. Null: it does not count as one. Long lines are cut. */
export function quoteLine(line: CodeLine, diff: ParsedDiff): string | null {
  const whole = line.text.trim();
  const quote = cutText(whole, maxQuoteCharacters);
  const counts = quote === whole ? /[\p{L}\p{N}]/u.test(quote) : quoteCountsInDiff(quote, diff, '');
  return counts ? quote : null;
}
