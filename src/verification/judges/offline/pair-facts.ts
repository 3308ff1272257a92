import type { CodeLine } from './code-lines.ts';
import { type Decision, falseId, inFiles, open, resolve, type Side, standsIn, unknown } from './decisions.ts';
import { leadingModifiers } from './declarations.ts';
import type { DiffIndex, IndexedFile, Use } from './diff-index.ts';
import type { Statement } from './statement.ts';

/** How many of a name's places are looked at for a pair. */
const maxPairs = 200;
/** The same for what it is compared with line by line. */
const maxMoves = 20;

export function decidePair(
  statement: Extract<Statement, { form: 'renamed' | 'replaced' }>,
  files: IndexedFile[],
  index: DiffIndex,
): Decision {
  const [from, to] = [resolve(statement.from.text, index), resolve(statement.to.text, index)];
  if (!from) return unknown(statement, statement.from, index);
  const net = (name: string) => {
    let sum = 0;
    for (const file of index.holders.get(name) ?? [])
      sum += (file.names.get(name)?.added ?? 0) - (file.names.get(name)?.removed ?? 0);
    return sum;
  };
  const isFalse: Decision = statement.loose ? open : { kind: 'false', id: falseId(statement) };
  if (net(from.name) > 0) return isFalse;
  // What is still defined has no other name.
  if (
    statement.form === 'renamed' &&
    files.some((file) =>
      file.names
        .get(from.name)
        ?.uses.some(({ role, noun, sign }) => role === 'defined' && noun !== 'local' && sign !== '-'),
    )
  )
    return open;
  // What a name becomes must be a name of the code.
  if (!to) return statement.form === 'renamed' ? isFalse : unknown(statement, statement.to, index);
  const holders = files.filter((file) => file.names.has(from.name) && file.names.has(to.name));
  const id = (file: IndexedFile) => `renamed ${from.name} ${to.name} ${file.parsed.path}`;
  if (net(to.name) < 0 || from.name === to.name) return isFalse;
  const decided = inFiles({ ...statement, loose: false }, holders, id, index, (file) => {
    const olds = (file.names.get(from.name)?.uses ?? [])
      .filter(({ sign }) => sign === '-')
      .slice(0, maxPairs);
    const news = (file.names.get(to.name)?.uses ?? []).filter(({ sign }) => sign === '+').slice(0, maxPairs);
    if (statement.form === 'renamed') {
      const texts = new Map(news.map(({ at }) => [squeezed(file.lines[at]?.text ?? ''), at]));
      for (const { at } of olds) {
        const renamed = texts.get(squeezed((file.lines[at]?.text ?? '').replaceAll(from.name, to.name)));
        if (renamed !== undefined) return { kind: 'true', at: renamed, defined: false };
      }
    }
    // What stands on both sides of a run of changed lines did not take the other's place there.
    const blocksOf = (name: string, sign: Side) =>
      new Set(
        (file.names.get(name)?.uses ?? [])
          .filter((use) => use.sign === sign)
          .map(({ at }) => file.lines[at]?.block),
      );
    const [stays, was] = [blocksOf(from.name, '+'), blocksOf(to.name, '-')];
    const blocks = new Map(news.map(({ at, role }) => [file.lines[at]?.block, { at, role }]));
    for (const { at, role } of olds) {
      const matched = blocks.get(file.lines[at]?.block);
      const alike = statement.form === 'replaced' || (role === 'defined' && matched?.role === 'defined');
      const block = file.lines[at]?.block;
      if (matched && alike && !stays.has(block) && !was.has(block))
        return { kind: 'true', at: matched.at, defined: false };
    }
    return { kind: 'open' };
  });
  if (decided.kind !== 'true') return open;
  const { names, parsed } = decided.file;
  // What takes another's place is new where it does, if it was not there before.
  const comes = names.get(to.name)?.removed === 0;
  const goes = names.get(from.name)?.added === 0;
  const told = [
    ...(comes ? [`added ${to.name} ${parsed.path}`] : []),
    ...(goes ? [`removed ${from.name} ${parsed.path}`] : []),
  ];
  return { ...decided, within: told };
}

const squeezed = (text: string) => text.replace(/\s+/g, '');

type NamedPlace = { file: IndexedFile; use: Use };

/** So many lines of a definition are looked at. */
const maxDefinitionLines = 40;
/** Fewer lines of a definition may be the same by chance. */
const fewestLines = 4;

/** What of a line moves with it: all but the words before a definition that say how it may be used. */
const movable = ({ text }: CodeLine): string => {
  const words = text.trim().split(/\s+/);
  return words
    .slice(
      Math.max(
        0,
        words.findIndex((word) => !leadingModifiers.has(word)),
      ),
    )
    .join('');
};

const hasWord = ({ text }: CodeLine) => /[\p{L}\p{N}]/u.test(text);

/** The changed lines of one side from a place on that stand under it, the place's own first. */
function linesUnder({ file: { lines }, use: { at } }: NamedPlace): string[] {
  const first = lines[at];
  if (!first) return [];
  const under = [movable(first)];
  for (const line of lines.slice(at + 1, at + maxDefinitionLines)) {
    if (line.hunk !== first.hunk) break;
    if (!hasWord(line) || (line.sign !== first.sign && line.sign !== ' ')) continue;
    if (line.indent <= first.indent) break;
    if (line.sign === first.sign) under.push(movable(line));
  }
  return under;
}

/** The lines changed on the same side right before and after a place. */
const linesBeside = ({ file: { lines }, use: { at } }: NamedPlace): string[] =>
  [lines[at - 1], lines[at + 1]].flatMap((line) =>
    line && line.block === lines[at]?.block && line.sign === lines[at]?.sign && hasWord(line)
      ? [movable(line)]
      : [],
  );

/**
 * Whether what goes at one place is what comes at another. The same name does not show it. The same line does, where it
 * begins at the margin or one more line has moved with it; so does half of the lines of a definition.
 */
function isMoved(gone: NamedPlace, come: NamedPlace): boolean {
  const areDefined = gone.use.role === 'defined' && come.use.role === 'defined';
  // Within one file a thing is moved if it is defined on both sides.
  if ((gone.file === come.file && !areDefined) || gone.use.noun !== come.use.noun) return false;
  const [before, after] = [linesUnder(gone), linesUnder(come)];
  const known = new Set(before);
  const shared = after.filter((line) => known.has(line)).length;
  if (before[0] !== after[0]) {
    const lines = Math.min(before.length, after.length);
    return lines >= fewestLines && shared * 2 >= lines;
  }
  const beside = new Set(linesBeside(gone));
  return (
    shared > 1 ||
    gone.file.lines[gone.use.at]?.indent === 0 ||
    linesBeside(come).some((line) => beside.has(line))
  );
}

export function decideMove(statement: Extract<Statement, { form: 'moved' }>, index: DiffIndex): Decision {
  const resolved = resolve(statement.name.text, index);
  if (!resolved) return unknown(statement, statement.name, index);
  const { name } = resolved;
  const holders = (index.holders.get(name) ?? []).filter(({ kind }) => kind !== 'generated');
  const uses = (sign: Side) =>
    holders.flatMap((file) =>
      (file.names.get(name)?.uses ?? []).filter((use) => use.sign === sign).map((use) => ({ file, use })),
    );
  const isDefined = ({ use }: { use: Use }) => use.role === 'defined' && use.noun !== 'local';
  const [allGone, allCome] = [uses('-'), uses('+')];
  const [definedGone, definedCome] = [allGone.filter(isDefined), allCome.filter(isDefined)];
  const wrong: Decision = statement.loose ? open : { kind: 'false', id: falseId(statement) };
  if (allCome.length === 0 || allGone.length === 0)
    return allCome.length + allGone.length === 0 ? open : wrong;
  // What is defined moves with its definition: where it leaves, it is often imported then.
  if (definedGone.length > 0 !== definedCome.length > 0) return open;
  const [gone, come] = definedGone.length > 0 ? [definedGone, definedCome] : [allGone, allCome];
  const isPath = (place: string) => index.filesNamed(place).length > 0;
  const isAt = (place: string | null, { file, use }: { file: IndexedFile; use: Use }) =>
    place === null ||
    (isPath(place)
      ? index.filesNamed(place).includes(file)
      : standsIn(file, use.at, place.split(/\.|::|#/).at(-1) ?? place));
  const { from, to } = statement;
  const into = come
    .slice(0, maxPairs)
    .filter((one) => isAt(to, one))
    .slice(0, maxMoves);
  const outOf = gone
    .slice(0, maxPairs)
    .filter((one) => isAt(from, one))
    .slice(0, maxMoves);
  if (into.length === 0 || outOf.length === 0)
    return (to !== null && isPath(to)) || (from !== null && isPath(from)) ? wrong : open;
  const goal = into.find((one) => outOf.some((other) => isMoved(other, one)));
  if (!goal) return open;
  return {
    kind: 'true',
    id: `moved ${name} ${goal.file.parsed.path}`,
    file: goal.file,
    line: goal.file.lines[goal.use.at] ?? null,
    within: [],
  };
}
