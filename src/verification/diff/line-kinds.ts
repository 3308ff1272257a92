import { readHunkHeader, readHunkLines } from './parse-diff.ts';

/** `around`: it belongs to no file's text, but says where the text is from or what became of the file. */
export type LineKind = 'added' | 'removed' | 'unchanged' | 'around';

const kinds: Record<string, LineKind> = { '+': 'added', '-': 'removed', '\\': 'around' };

/**
 * The lines of a diff with their kinds, for showing it. As in `splitDiff`, the counts of a hunk's header decide which
 * lines are its own.
 */
export const readDiffLines = (diff: string): { text: string; kind: LineKind }[] => {
  const lines = diff.split('\n');
  const found: { text: string; kind: LineKind }[] = [];
  while (found.length < lines.length) {
    const text = lines[found.length] ?? '';
    const counts = readHunkHeader(text);
    const hunk = counts === null ? [] : readHunkLines(lines, found.length, counts);
    found.push(
      { text, kind: 'around' },
      ...hunk.map((line) => ({ text: line, kind: kinds[line[0] ?? ''] ?? 'unchanged' })),
    );
  }
  return found;
};
