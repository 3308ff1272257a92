/** What the demonstration oracle notices in one file of a diff. Names are distinct and in the order of their lines. */
export type FileReading = {
  path: string;
  status: 'added' | 'deleted' | 'renamed' | 'modified';
  oldPath: string;
  added: string[];
  removed: string[];
  defines: string[];
  undefines: string[];
  values: { name: string; before: string | null; after: string }[];
  /** Compound names that only added lines hold, and below those that only removed lines hold. */
  newNames: string[];
  goneNames: string[];
};

/** Longer lines are data or minified code. */
const maxLineCharacters = 400;

/** Two paths of the longest usual length. The search for where one ends is quadratic in the line. */
const maxHeaderCharacters = 1_000;
const fileHeader = /^diff --git (?:"?a\/)(.+?)"? "?b\/(.+?)"?$/;
const definition =
  /^(?:export |default |declare |public |private |protected |static |abstract |final |async |pub )*(?:func(?: \([^)]*\))?|function\*?|fn|def|class|interface|struct|enum|trait|type|const(?= \w+ = (?:async )?\()|create (?:unique )?(?:table|index|view)(?: concurrently)?(?: if not exists)?) +([\p{L}_$][\p{L}\p{N}_$]*)/iu;
const valuePattern =
  /^(?:export |public |private |static |readonly |const |let |var |val |- )*["']?([\p{L}_][\p{L}\p{N}_./@-]*?)["']?(?: *: *[\w.[\]]+)? *(?::=|[:=@]|==|>=) *["'^~>=v]*([\w.]+\(["'][^"']+["']\)|-?\d[\w.]*|[^"'{}()]{1,60}?)["']?[,;]?$/u;
const compound = /\p{Ll}\p{Lu}|\p{L}_\p{L}/u;
const comment = /^(?:\/\/|\/\*|\*|#(?! ?!?\[)|-- |<!--)/;

/** Reads a unified diff file by file. Text that is not a diff gives no files. */
export function readFiles(diff: string): FileReading[] {
  const files: FileReading[] = [];
  let file: FileReading | null = null;
  let inHunk = false;
  for (const line of diff.split('\n')) {
    const header = line.length > maxHeaderCharacters ? null : fileHeader.exec(line);
    if (header) {
      file = { ...blank(), path: header[2] ?? '', oldPath: header[1] ?? '' };
      files.push(file);
      inHunk = false;
    } else if (file === null) {
    } else if (line.startsWith('@@')) inHunk = true;
    else if (!inHunk) readHeaderLine(file, line);
    else if (line.startsWith('+')) file.added.push(line.slice(1).trim());
    else if (line.startsWith('-')) file.removed.push(line.slice(1).trim());
  }
  for (const reading of files) notice(reading);
  return files;
}

function readHeaderLine(file: FileReading, line: string): void {
  if (line.startsWith('new file')) file.status = 'added';
  else if (line.startsWith('deleted file')) file.status = 'deleted';
  else if (line.startsWith('rename from')) file.status = 'renamed';
}

const blank = (): FileReading => ({
  path: '',
  oldPath: '',
  status: 'modified',
  added: [],
  removed: [],
  defines: [],
  undefines: [],
  values: [],
  newNames: [],
  goneNames: [],
});

function notice(file: FileReading): void {
  const added = readSide(file.added);
  const removed = readSide(file.removed);
  file.defines = [...added.defined].filter((name) => !removed.defined.has(name));
  file.undefines = [...removed.defined].filter((name) => !added.defined.has(name));
  file.newNames = [...added.names].filter((name) => !removed.names.has(name));
  file.goneNames = [...removed.names].filter((name) => !added.names.has(name));
  for (const [name, after] of added.values) {
    const before = removed.values.get(name) ?? null;
    if (before !== after) file.values.push({ name, before, after });
  }
}

function readSide(lines: string[]) {
  const defined = new Set<string>();
  const names = new Set<string>();
  const values = new Map<string, string>();
  for (const line of lines) {
    if (line.length > maxLineCharacters || comment.test(line)) continue;
    const name = definition.exec(line)?.[1];
    if (name) defined.add(name);
    const value = name ? null : valuePattern.exec(line);
    if (value?.[1] && value[2] && /^-?\d|\(["']/.test(value[2])) values.set(value[1], literal(value[2]));
    for (const [word] of line.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) {
      if (word.length > 3 && compound.test(word)) names.add(word);
    }
  }
  return { defined, names, values };
}

/** `Decimal("0.5")` is 0.5 to a reader. */
export const literal = (value: string) => /\(["'](.+)["']\)$/.exec(value)?.[1] ?? value;

/** A path's last part. */
export const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
