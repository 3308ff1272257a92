import { isGeneratedPath } from './generated.ts';
import { type DiffSection, parseDiff, splitDiff } from './parse-diff.ts';

/** The largest diff that an oracle or judge is shown, in bytes of UTF-8. A longer one is cut to this size. */
export const maxDiffBytes = 100_000;

type Hunk = DiffSection['hunks'][number];

const encoder = new TextEncoder();
const bytesOf = (lines: string[]) => lines.reduce((sum, line) => sum + encoder.encode(line).length + 1, 0);
const hunkText = (hunk: Hunk) => [hunk.header, ...hunk.lines];

/** The start of a hunk, up to `budget` bytes. Its header is recounted so that it stays a valid hunk. */
const shortenHunk = (hunk: Hunk, budget: number): Hunk | null => {
  const counted = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/.exec(hunk.header);
  if (counted === null) return null;
  // The new counts have at most as many digits as a line number of a file this long.
  let left = budget - bytesOf([hunk.header]) - 24;
  const lines: string[] = [];
  for (const line of hunk.lines) {
    left -= bytesOf([line]);
    if (left < 0) break;
    lines.push(line);
  }
  const count = (otherSign: string) =>
    lines.filter((line) => line[0] !== otherSign && line[0] !== '\\').length;
  if (!lines.some((line) => line[0] === '+' || line[0] === '-')) return null;
  const header = `@@ -${counted[1]},${count('+')} +${counted[2]},${count('-')} @@${counted[3]}`;
  return { header, lines };
};

const mark = (section: DiffSection, kept: Hunk[]) => {
  const leftOut = section.hunks.length - kept.length;
  if (leftOut > 0)
    return [`[cut: ${leftOut} of the ${section.hunks.length} hunks of this file are left out]`];
  return section.hunks.every((hunk, at) => hunk === kept[at]) ? [] : ['[cut: the last hunk goes on]'];
};

/** Whether `cutDiff` has shortened this diff before. */
export const isCut = (diff: string): boolean => splitDiff(diff).some(({ cutMarks }) => cutMarks.length > 0);

/**
 * Removes `index` lines and any text around the diff, and cuts it if it is longer than `maxDiffBytes`. File headers
 * stay while they take up to half of the limit. Hunks stay whole, and files that people write come first. Only a hunk
 * that is itself over the limit is shortened, at a line end. Omissions are marked in brackets, in lines that belong to
 * no hunk, and stay when a cut diff is read again.
 */
export const cutDiff = (diff: string): { diff: string; cut: boolean } => {
  const sections = splitDiff(diff);
  const whole = sections.flatMap((section) => [
    ...section.headerLines,
    ...section.hunks.flatMap(hunkText),
    ...section.cutMarks,
  ]);
  if (bytesOf(whole) <= maxDiffBytes) return { diff: whole.map((line) => `${line}\n`).join(''), cut: false };

  const roomForMark = 80;
  let left = maxDiffBytes - roomForMark;
  const leastForHunks = left / 2;
  const listed: DiffSection[] = [];
  for (const section of sections) {
    const bytes = bytesOf(section.headerLines) + roomForMark;
    if (left - bytes < leastForHunks) break;
    left -= bytes;
    listed.push(section);
  }
  const { files } = parseDiff(diff);
  const kept = new Map<DiffSection, Hunk[]>(listed.map((section) => [section, []]));
  for (const generated of [false, true]) {
    listed.forEach((section, at) => {
      if (isGeneratedPath(files[at]?.path ?? '') !== generated) return;
      for (const hunk of section.hunks) {
        const bytes = bytesOf(hunkText(hunk));
        const fitting = bytes <= left ? hunk : bytes > maxDiffBytes ? shortenHunk(hunk, left) : null;
        if (fitting === null) continue;
        left -= bytesOf(hunkText(fitting));
        kept.get(section)?.push(fitting);
      }
    });
  }
  const lines = listed.flatMap((section) => {
    const hunks = kept.get(section) ?? [];
    return [...section.headerLines, ...hunks.flatMap(hunkText), ...mark(section, hunks)];
  });
  if (listed.length < sections.length) {
    lines.push(`[cut: ${sections.length - listed.length} more files are left out]`);
  }
  return { diff: lines.map((line) => `${line}\n`).join(''), cut: true };
};
