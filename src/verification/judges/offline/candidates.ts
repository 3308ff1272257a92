import { cutText } from '#contracts/text.ts';
import { quoteCountsInDiff } from '../../text/quotes.ts';
import { nameMoves, nameOnce } from './across-files.ts';
import {
  type Candidate,
  constructors,
  depth,
  fileWeights,
  isExported,
  ownLoss,
  worthOf,
} from './candidate.ts';
import type { CodeLine } from './code-lines.ts';
import {
  type DiffIndex,
  type IndexedFile,
  isSpeltLikeCode,
  maxQuoteCharacters,
  quoteLine,
  type Tally,
  type Use,
} from './diff-index.ts';
import { newPhrases } from './said-facts.ts';

/** A value that can be said in a sentence. */
const isSayable = (value: string) => /^[^\s`]{1,40}$/.test(value);

/** What a diff changes, each change once, read off the code of its files. */
export function readCandidates(index: DiffIndex): Candidate[][] {
  const perFile = index.files.filter(isOfInterest).map((file) => readFile(file, index));
  nameMoves(perFile, index);
  return nameOnce(perFile);
}

/** Text that a drawing program wrote is no source either. */
const isOfInterest = ({ kind, parsed }: IndexedFile) => kind !== 'generated' && !/\.svg$/i.test(parsed.path);

/** Collects the changes of one file that can be quoted. */
function collectorOf(file: IndexedFile, index: DiffIndex): { found: Candidate[]; put: Put } {
  const found: Candidate[] = [];
  const put: Put = (kind, quoted, importance, name, noun, statement, value = '') => {
    const quote = typeof quoted === 'string' ? quoted : quoteLine(quoted, index.diff);
    if (
      quote === null ||
      (typeof quoted === 'string' && !quoteCountsInDiff(quoted, { files: [file.parsed] }, statement))
    )
      return;
    const { path } = file.parsed;
    found.push({
      kind,
      name,
      noun,
      value,
      path,
      statement,
      quote,
      importance: importance * fileWeights[file.kind],
    });
  };
  return { found, put };
}

function readFile(file: IndexedFile, index: DiffIndex): Candidate[] {
  const { path, status, oldPath } = file.parsed;
  const { found, put } = collectorOf(file, index);

  const renamed = renamesIn(file);
  for (const { from, to, line } of renamed.values())
    put('renamed', line, 9, to, '', `Renames \`${from}\` to \`${to}\` in ${path}.`);
  const isRenamed = new Set([...renamed.values()].flatMap(({ from, to }) => [from, to]));

  for (const [name, tally] of file.names) {
    if (isRenamed.has(name) || name.length < 2) continue;
    const defined = definitionsOf(tally);
    const line = (use: Use | undefined) => (use === undefined ? undefined : file.lines[use.at]);
    const [come, gone] = [
      defined.filter(({ sign }) => sign === '+'),
      defined.filter(({ sign }) => sign === '-'),
    ];
    const isAround = defined.some(({ sign }) => sign === ' ');
    const [given, was] = (['+', '-'] as const).map((side) =>
      tally.settings.filter(({ sign, alone, literal }) => sign === side && alone && literal),
    );
    const [now, before] = [given?.[0], was?.[0]];
    const only = given?.length === 1 && tally.settings.filter(({ sign }) => sign === '+').length === 1;
    if (only && now && was?.length === 1 && before && now.value.text !== before.value.text) {
      const setLine = file.lines[now.at];
      if (setLine && isSayable(now.value.text) && isSayable(before.value.text))
        put(
          'value',
          setLine,
          10,
          name,
          come[0]?.noun ?? '',
          `Changes \`${name}\` from \`${before.value.text}\` to \`${now.value.text}\` in ${path}.`,
          now.value.text,
        );
      continue;
    }
    const [first, last] = [line(come[0]), line(gone[0])];
    const noun = (come[0] ?? gone[0])?.noun ?? '';
    const loss = constructors.test(name) ? 6 : 0;
    if (first && gone.length === 0 && !isAround) {
      const isGiven =
        only &&
        now !== undefined &&
        isSayable(now.value.text) &&
        now.value.text !== name &&
        /^(?:field|key|property|variable|constant|dependency)$/.test(noun);
      const own = isExported(name, first, file.ending) ? 0 : ownLoss;
      const worth = worthOf(noun) - loss - own - depth(first);
      if (isGiven)
        put(
          'given',
          first,
          worth,
          name,
          noun,
          noun === 'dependency'
            ? `Adds the dependency \`${name}\` in ${path}.`
            : `Sets \`${name}\` to \`${now.value.text}\` in ${path}.`,
          now.value.text,
        );
      else put('defined', first, worth, name, noun, `Adds the ${noun} \`${name}\` in ${path}.`);
    } else if (last && come.length === 0 && !isAround && tally.added === 0) {
      put(
        'removed',
        last,
        worthOf(noun) - 0.5 - loss - depth(last) - (isExported(name, last, file.ending) ? 0 : ownLoss),
        name,
        noun,
        `Removes the ${noun} \`${name}\` from ${path}.`,
      );
    } else if (
      defined.length === 0 &&
      index.holders.get(name)?.every((other) => definitionsOf(other.names.get(name)).length === 0)
    ) {
      readUse(name, tally, file, put);
    }
  }
  if (status === 'renamed' && oldPath !== null)
    put(
      'file',
      cutText(`rename to ${path}`, maxQuoteCharacters),
      5,
      path,
      'file',
      `Renames the file ${oldPath} to ${path}.`,
    );
  if (found.length === 0) for (const [name, tally] of file.names) readRead(name, tally, file, put);
  if (found.length === 0 && status === 'deleted')
    put('file', file.parsed.headerLines.at(-2) ?? '', 5, path, 'file', `Deletes the file ${path}.`);
  if (found.length === 0 && status === 'added')
    put('file', file.parsed.headerLines.at(-1) ?? '', 5, path, 'file', `Adds the file ${path}.`);
  return found;
}

type Put = (
  kind: Candidate['kind'],
  quoted: CodeLine | string,
  importance: number,
  name: string,
  noun: string,
  statement: string,
  value?: string,
) => void;

const definitionsOf = (tally: Tally | undefined): Use[] =>
  (tally?.uses ?? []).filter(({ role, noun }) => role === 'defined' && noun !== 'local');

/** What is newly called or imported, or no longer. */
function readUse(name: string, tally: Tally, file: IndexedFile, put: Put): void {
  const { path } = file.parsed;
  const side = changedSide(name, tally);
  if (side === null) return;
  const called = tally.uses.find(({ role }) => role === 'called');
  const imported = tally.uses.find(({ role }) => role === 'imported');
  const line = (use: Use) => file.lines[use.at];
  const said = file.kind === 'prose' ? tally.uses[0] : undefined;
  const use = called ?? imported ?? said;
  const shown = use && line(use);
  if (!use || !shown) return;
  const loss = side === '-' ? 0.5 : 0;
  if (use === called)
    put(
      'called',
      shown,
      4 - loss,
      name,
      '',
      side === '+' ? `Now calls \`${name}\` in ${path}.` : `No longer calls \`${name}\` in ${path}.`,
    );
  else if (use === imported && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name))
    put(
      'imported',
      shown,
      1.5 - loss,
      name,
      '',
      side === '+' ? `Imports \`${name}\` in ${path}.` : `No longer imports \`${name}\` in ${path}.`,
    );
  else if (use === said)
    put(
      'defined',
      shown,
      3 - loss,
      name,
      'name',
      side === '+' ? `Adds \`${name}\` in ${path}.` : `Removes \`${name}\` from ${path}.`,
    );
}

/** What the code newly reads or no longer reads. A word that does not look like code may belong to a text within it. */
function readRead(name: string, tally: Tally, file: IndexedFile, put: Put): void {
  const side = changedSide(name, tally);
  const use = tally.uses.find(({ role }) => role === 'read');
  const shown = use && file.lines[use.at];
  if (file.kind === 'prose' || side === null || !shown || !isSpeltLikeCode(name)) return;
  const { path } = file.parsed;
  const statement =
    side === '+' ? `Now uses \`${name}\` in ${path}.` : `No longer uses \`${name}\` in ${path}.`;
  put('used', shown, side === '+' ? 2 : 1.5, name, '', statement);
}

/** What a diff newly says or no longer does, for one of which nothing else can be stated. */
export function readWording(index: DiffIndex): Candidate[][] {
  const perFile = index.files.filter(isOfInterest).map((file) => {
    const { found, put } = collectorOf(file, index);
    const { path } = file.parsed;
    for (const { phrase, line } of newPhrases(file, '+'))
      put('said', line, 1, '', '', `Adds the words “${phrase}” in ${path}.`);
    for (const { phrase, line } of newPhrases(file, '-'))
      put('said', line, 0.8, '', '', `Removes the words “${phrase}” from ${path}.`);
    return found;
  });
  return nameOnce(perFile);
}

/** The side of the changed lines on which alone a name stands in its file. */
function changedSide(name: string, { added, removed, around }: Tally): '+' | '-' | null {
  if (name.length < 3 || around > 0 || /[\s'"`]/.test(name)) return null;
  if (added > 0 && removed === 0) return '+';
  return removed > 0 && added === 0 ? '-' : null;
}

/** Definitions that take another's place on its line: the same line but for the name. */
function renamesIn(file: IndexedFile): Map<string, { from: string; to: string; line: CodeLine }> {
  const gone = new Map<string, string>();
  const taken = new Set<string>();
  const renamed = new Map<string, { from: string; to: string; line: CodeLine }>();
  const bodyOf = (line: CodeLine, name: string) =>
    `${line.block} ${line.text.replaceAll(name, '\u0000').replace(/\s+/g, '')}`;
  const each = (sign: '+' | '-', read: (name: string, line: CodeLine) => void) => {
    for (const [name, tally] of file.names) {
      const own = definitionsOf(tally);
      const [use] = own.filter((one) => one.sign === sign);
      const line = use && file.lines[use.at];
      const isSole =
        own.length === 1 && (sign === '+' ? tally.removed === 0 : tally.added === 0) && tally.around === 0;
      if (line && isSole && name.length > 2 && use.drops !== true) read(name, line);
    }
  };
  each('-', (name, line) => gone.set(bodyOf(line, name), name));
  each('+', (name, line) => {
    const from = gone.get(bodyOf(line, name));
    // A line of little else than the name may be any other name's.
    if (from !== undefined && !taken.has(from) && line.text.replaceAll(name, '').trim().length >= 4) {
      taken.add(from);
      renamed.set(name, { from, to: name, line });
    }
  });
  return renamed;
}
