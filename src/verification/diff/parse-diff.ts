import { readFileLinePath, readGitHeaderPaths, readPath } from './quoted-path.ts';

/**
 * Parses unified diffs as git writes them. We rejected the well-known parsers: `gitdiff-parser` breaks on names with
 * spaces, `parse-diff` does not decode git's octal escapes, and `diff` throws on malformed hunks, which untrusted text
 * may contain. Nothing here throws: text that is not a diff is left out of the result.
 */

export type FileStatus = 'added' | 'deleted' | 'modified' | 'renamed' | 'copied';

export type ChangedLine = {
  /** Without its sign and without a trailing carriage return. */
  text: string;
  sign: '+' | '-';
};

export type ParsedFile = {
  /** The file's path after the change, or its former path if it was deleted. */
  path: string;
  /** The path before the change, or null for an added file. Differs from `path` only for renames and copies. */
  oldPath: string | null;
  status: FileStatus;
  binary: boolean;
  /** The file's header as in the diff, from `diff --git` to `+++`, without `index` lines. */
  headerLines: string[];
  /** In the order of the diff. */
  changedLines: ChangedLine[];
};

export type ParsedDiff = { files: ParsedFile[] };

/** One file's part of a diff, line by line: `parseDiff` parses it and `cutDiff` shortens it. */
export type DiffSection = {
  headerLines: string[];
  hunks: { header: string; lines: string[] }[];
  /** What `cutDiff` wrote behind the hunks. */
  cutMarks: string[];
};

/** A line that says what was cut from a diff. */
export const cutMark =
  /^\[cut: (?:\d+ of the \d+ hunks of this file are left out|the last hunk goes on|\d+ more files are left out)\]$/;

/** It counts the lines that a hunk has before and after the change. */
const hunkHeader = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/** How many lines the hunk with this header has of the old and of the new file; null if the line is no such header. */
export const readHunkHeader = (line: string): { old: number; new: number } | null => {
  const counts = hunkHeader.exec(line);
  return counts === null ? null : { old: Number(counts[1] ?? 1), new: Number(counts[2] ?? 1) };
};

/** The lines of the hunk with its header at `start`: as many as the header counts and the diff really has. */
export const readHunkLines = (
  lines: string[],
  start: number,
  counts: { old: number; new: number },
): string[] => {
  let { old: oldLeft, new: newLeft } = counts;
  let end = start + 1;
  for (; end < lines.length; end += 1) {
    const sign = lines[end]?.[0];
    // "\ No newline at end of file" belongs to the line before it, even after the last one.
    if (sign === '\\') continue;
    if (oldLeft <= 0 && newLeft <= 0) break;
    if (sign === '+') newLeft -= 1;
    else if (sign === '-') oldLeft -= 1;
    else if (sign === ' ' || sign === undefined || sign === '\r') {
      // Mail and web forms strip the space from an empty context line.
      oldLeft -= 1;
      newLeft -= 1;
    } else break;
  }
  return lines.slice(start + 1, end);
};

/**
 * Splits a diff into its files. Inside a hunk the header's counts decide what a line is, so a removed line "-- x" is
 * not mistaken for a file header. `index` lines are dropped: they name blobs, not the change.
 */
export const splitDiff = (diff: string): DiffSection[] => {
  const lines = diff.split('\n');
  const sections: DiffSection[] = [];
  let current: DiffSection | null = null;
  for (let at = 0; at < lines.length; at += 1) {
    const raw = lines[at] ?? '';
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const counts = readHunkHeader(line);
    const startsPlainFile =
      line.startsWith('--- ') &&
      lines[at + 1]?.startsWith('+++ ') === true &&
      (current === null || current.hunks.length > 0 || current.headerLines.some((l) => l.startsWith('+++ ')));
    if (line.startsWith('diff --git ') || startsPlainFile) {
      current = { headerLines: [line], hunks: [], cutMarks: [] };
      sections.push(current);
    } else if (current !== null && counts !== null) {
      const body = readHunkLines(lines, at, counts);
      // The text after the last line break is not a line.
      if (at + 1 + body.length === lines.length && body.at(-1) === '') body.pop();
      current.hunks.push({ header: line, lines: body });
      at += body.length;
    } else if (current !== null && current.hunks.length === 0 && isHeaderLine(line)) {
      current.headerLines.push(line);
    } else if (current !== null && cutMark.test(line)) {
      current.cutMarks.push(line);
    }
  }
  return sections;
};

const isHeaderLine = (line: string) =>
  /^(?:--- |\+\+\+ |old mode |new mode |deleted file mode |new file mode |copy from |copy to |rename from |rename to |similarity index |dissimilarity index |Binary files |GIT binary patch)/.test(
    line,
  );

const fileOf = ({ headerLines, hunks }: DiffSection): ParsedFile => {
  const first = (start: string) => headerLines.find((line) => line.startsWith(start));
  const named = (start: string) => {
    const line = first(start);
    return line === undefined ? undefined : readPath(line.slice(start.length));
  };
  const gitHeader = first('diff --git ');
  const fromGit = gitHeader === undefined ? null : readGitHeaderPaths(gitHeader);
  const before = first('--- ');
  const after = first('+++ ');
  const oldLine = before === undefined ? undefined : readFileLinePath(before);
  const newLine = after === undefined ? undefined : readFileLinePath(after);
  const renamed = named('rename from ');
  const copied = named('copy from ');
  const added = first('new file mode ') !== undefined || oldLine === null;
  const deleted = first('deleted file mode ') !== undefined || newLine === null;
  const oldPath = renamed ?? copied ?? oldLine ?? fromGit?.oldPath ?? newLine ?? '';
  const newPath = named('rename to ') ?? named('copy to ') ?? newLine ?? fromGit?.newPath ?? oldPath;
  const status: FileStatus =
    renamed !== undefined
      ? 'renamed'
      : copied !== undefined
        ? 'copied'
        : deleted
          ? 'deleted'
          : added
            ? 'added'
            : 'modified';
  return {
    path: status === 'deleted' ? oldPath : newPath,
    oldPath: status === 'added' ? null : oldPath,
    status,
    binary: headerLines.some((line) => /^(?:Binary files |GIT binary patch)/.test(line)),
    headerLines,
    changedLines: hunks.flatMap(({ lines }) => lines.flatMap(changedLine)),
  };
};

const changedLine = (line: string): ChangedLine[] => {
  const sign = line[0];
  return sign === '+' || sign === '-' ? [{ sign, text: line.slice(1).replace(/\r$/, '') }] : [];
};

/**
 * Parses a unified diff (git's form, or plain `---`/`+++` headers) into its files and their changed lines. Never
 * throws. Text without a file header has no files.
 */
export const parseDiff = (diff: string): ParsedDiff => ({ files: splitDiff(diff).map(fileOf) });
