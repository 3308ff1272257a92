import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { CanaryWay, ChangeVariants } from '#contracts/replay.ts';
import { type DiffSection, splitDiff } from '../diff/parse-diff.ts';
import { readFileLinePath } from '../diff/quoted-path.ts';
import { numberWords, readStanding, type Standing, spelledNames, standsInAll } from './named.ts';
import { isOfWay } from './way-kinds.ts';
import { differingRun, type WordRun } from './word-run.ts';

/** What was written for one change of the key, before code has checked it. */
export type WrittenVariants = {
  change: { id: string; statement: string; quote: string };
  /** The two ways that were dealt to this change. */
  ways: CanaryWay[];
  texts: { way: 'true' | CanaryWay; text: string }[];
};

/** How many words of a run may differ on each side. */
const mostWords = 6;
const mostCharacters = 500;

/**
 * Checks what the key's author wrote (methodology, "Canaries"). A false variant is kept if it differs from the true one
 * in one run of words of the kind of its way, names nothing that is not in the diff, and what it puts in is not on the
 * changed lines of the same sign within the quoted hunk. Whatever fails is left out and counted, whoever would believe
 * it. Without its true one no false variant is kept: they are a pair, and look alike but for the run.
 */
export function checkVariants(
  groundTruth: GroundTruth,
  statements: readonly string[],
  written: readonly WrittenVariants[],
): { changes: ChangeVariants[]; dropped: number } {
  const sections = splitDiff(groundTruth.diff);
  const diff = readStanding(groundTruth.diff);
  const taken = new Set<string>();
  const all = new Set(statements.map(folded));
  let dropped = 0;
  const changes = written.flatMap(({ change, ways, texts }): ChangeVariants[] => {
    const [truth, ...further] = texts.filter(({ way, text }) => way === 'true' && text.trim() !== '');
    const lies = texts.filter(({ way, text }) => way !== 'true' && text.trim() !== '');
    dropped += further.length;
    const paraphrase = truth === undefined ? null : oneLine(truth.text);
    const own = folded(change.statement);
    const isNew = (text: string) =>
      (folded(text) === own || !all.has(folded(text))) && !taken.has(folded(text));
    if (
      paraphrase === null ||
      !isSayable(paraphrase) ||
      !isNew(paraphrase) ||
      !standsInAll(paraphrase, diff)
    ) {
      dropped += lies.length + (truth === undefined ? 0 : 1);
      return [];
    }
    taken.add(folded(paraphrase));
    const around = readHunk(sections, change.quote);
    const falsehoods: ChangeVariants['falsehoods'] = [];
    for (const { way, text: raw } of lies) {
      const text = oneLine(raw);
      const accepted =
        way !== 'true' &&
        ways.includes(way) &&
        !falsehoods.some((other) => other.way === way) &&
        folded(text) !== own &&
        isSayable(text) &&
        isNew(text) &&
        standsInAll(text, diff) &&
        isFalseInOneRun(way, differingRun(paraphrase, text), { paraphrase, around, diff, sections });
      if (!accepted) {
        dropped += 1;
        continue;
      }
      taken.add(folded(text));
      falsehoods.push({ way, text });
    }
    return [{ changeId: change.id, paraphrase, falsehoods }];
  });
  return { changes, dropped };
}

const oneLine = (text: string) => text.replace(/\s+/gu, ' ').trim();
const folded = (text: string) => oneLine(text).toLowerCase().replace(/[.`]/gu, '');
const isSayable = (text: string) => text.length <= mostCharacters && /\p{L}{3}/u.test(text);

/** The changed lines around a quote that have its sign, and the file that they are in. */
type Hunk = { path: string; standing: Standing; words: string };

/** Of a file's header every changed line of the file counts, on either side. */
function readHunk(sections: DiffSection[], quote: string): Hunk[] {
  const sought = oneLine(quote).replace(/^[+-] ?/u, '');
  return sections.flatMap(({ headerLines, hunks }) => {
    const path = pathOf(headerLines);
    const lines = hunks.flatMap(({ lines: own }) => {
      const signs = ['+', '-'].filter((sign) =>
        own.some((line) => line.startsWith(sign) && oneLine(line.slice(1)).includes(sought)),
      );
      return signs.flatMap((sign) =>
        own.filter((line) => line.startsWith(sign)).map((line) => line.slice(1)),
      );
    });
    const inHeader = headerLines.some((line) => oneLine(line).includes(sought));
    const changed = inHeader ? [...headerLines, ...changedLines(hunks)] : lines;
    if (changed.length === 0) return [];
    return [{ path, standing: readStanding(changed.join('\n')), words: wordsIn(changed.join('\n')) }];
  });
}

const changedLines = (hunks: DiffSection['hunks']) =>
  hunks.flatMap(({ lines }) => lines.filter((line) => /^[+-]/.test(line)).map((line) => line.slice(1)));

/** What a file is called after the change, or was before it is deleted. Empty for a file without lines. */
const pathOf = (headerLines: string[]): string => {
  const pathAfter = (mark: string) => {
    const line = headerLines.find((each) => each.startsWith(mark));
    return line === undefined ? null : readFileLinePath(line);
  };
  return pathAfter('+++ ') ?? pathAfter('--- ') ?? '';
};

/** Words as prose and code share them, with a space on each side. */
const wordsIn = (text: string) => ` ${(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).join(' ')} `;

type Surroundings = { paraphrase: string; around: Hunk[]; diff: Standing; sections: DiffSection[] };

function isFalseInOneRun(
  way: CanaryWay,
  run: WordRun,
  { paraphrase, around, diff, sections }: Surroundings,
): boolean {
  const { from, to } = run;
  if (from.length === 0 || to.length === 0 || from.length > mostWords || to.length > mostWords) return false;
  const [out, put] = [from.join(' '), to.join(' ')];
  if (wordsIn(out) === wordsIn(put) || !isOfWay(way, run)) return false;
  if (around.some(({ words }) => words.includes(wordsIn(put)))) return false;
  const newNames = spelledNames(put).filter((name) => !spelledNames(out).includes(name));
  if (around.some(({ standing }) => newNames.some((name) => standing.name(name)))) return false;
  if (way === 'value' && !isOtherNumber(put, diff, around)) return false;
  return !newNames.some((name) => isChangedThere(name, paraphrase, around, sections));
}

/** Whether a number, in digits or in a word, stands in the diff but not around the quote. True of any other literal. */
function isOtherNumber(put: string, diff: Standing, around: Hunk[]): boolean {
  const inWords = numberWords.get(put.toLowerCase().replace(/[^a-z]/g, ''));
  const digits = inWords === undefined ? put : String(inWords);
  if (!/\d/.test(digits)) return true;
  return diff.number(digits) && !around.some(({ standing }) => standing.number(digits));
}

/**
 * Whether a file that was put in place of another changes what the statement names: then the statement may be true there
 * as well.
 */
function isChangedThere(place: string, paraphrase: string, around: Hunk[], sections: DiffSection[]): boolean {
  const files = sections.filter(({ headerLines }) => {
    const path = pathOf(headerLines);
    return path === place || path.endsWith(`/${place}`);
  });
  if (files.length === 0) return false;
  const own = around.map(({ path }) => path);
  const names = spelledNames(paraphrase).filter((name) => !own.some((path) => path.endsWith(name)));
  const there = readStanding(files.flatMap(({ hunks }) => changedLines(hunks)).join('\n'));
  return names.some((name) => there.name(name));
}
