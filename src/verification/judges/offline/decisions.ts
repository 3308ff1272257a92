import type { CodeLine } from './code-lines.ts';
import {
  type DiffIndex,
  type FileKind,
  fileKinds,
  type IndexedFile,
  partsKey,
  scopeOf,
  type Tally,
} from './diff-index.ts';
import type { Mention, Statement } from './statement.ts';

/**
 * What the diff says of a statement. A true one is a fact of its own by direction, name and file (`id`), shown by a
 * changed line or a file's header. `within`: the definition that it stands in, where that is new itself, as such a fact.
 * `open`: the form cannot be decided here.
 */
export type Decision =
  | { kind: 'true'; id: string; file: IndexedFile; line: CodeLine | null; within: string[] }
  | { kind: 'false'; id: string }
  | { kind: 'open' };

export const open: Decision = { kind: 'open' };

/** A name of the diff. `under`: what stands before it in a dotted name. */
export type Resolved = { name: string; under: string | null };

/** Finds a name as it is written, by the last part of a dotted name, or in another spelling of its parts. */
export function resolve(written: string, index: DiffIndex): Resolved | null {
  const bare = written.replace(/^[#$@.:-]+/, '');
  for (const text of [written, bare]) if (index.holders.has(text)) return { name: text, under: null };
  const parts = bare.split(/\.|::|#|->|\/|:/).filter((part) => part !== '');
  const last = parts.at(-1) ?? '';
  const under = parts.length > 1 ? (parts.at(-2) ?? null) : null;
  if (under !== null && index.holders.has(last)) return { name: last, under };
  const spelt =
    index.spellings.get(partsKey(last)) ?? index.spellings.get(partsKey(last).replace(/s$/, '')) ?? [];
  const changed = spelt.filter((name) =>
    index.holders.get(name)?.some((file) => isChanged(file.names.get(name))),
  );
  const name = changed[0] ?? spelt[0];
  return name === undefined ? null : { name, under };
}

export type Side = '+' | '-';

export type FileDecision =
  | { kind: 'true'; at: number; defined: boolean }
  | { kind: 'false' }
  | { kind: 'open' };

const isChanged = (tally: Tally | undefined) => tally !== undefined && tally.added + tally.removed > 0;

/** So many places of a name are looked at for what they stand in. */
export const maxScoped = 50;

export const definesIn = (file: IndexedFile, name: string): boolean =>
  file.names.get(name)?.uses.some(({ role, noun }) => role === 'defined' && noun !== 'local') === true;

/** `byFile`: a file that is called by the name counts too. */
export const standsIn = (file: IndexedFile, at: number, outer: string, byFile = true): boolean => {
  const key = partsKey(outer);
  if ([...scopeOf(file, at).names].some((name) => name === outer || partsKey(name) === key)) return true;
  return byFile && isStem(file, outer);
};

export const isStem = (file: IndexedFile, name: string): boolean =>
  partsKey(file.parsed.path.slice(file.parsed.path.lastIndexOf('/') + 1).replace(/\.\w+$/, '')) ===
  partsKey(name);

const rank = (kind: FileKind) => fileKinds.indexOf(kind);

/** Rules on a statement in the file that it names, else in the one file where it is true, sources before others. */
export function inFiles(
  statement: Statement,
  files: IndexedFile[],
  id: (file: IndexedFile) => string,
  index: DiffIndex,
  decideIn: (file: IndexedFile) => FileDecision,
): Decision {
  const decisions = files
    .filter(({ kind }) => kind !== 'generated')
    .map((file) => ({ file, decision: decideIn(file) }));
  const trues = decisions.flatMap(({ file, decision }) =>
    decision.kind === 'true' ? [{ file, decision }] : [],
  );
  if (trues.length > 0) {
    const defined = trues.filter(({ decision }) => decision.defined);
    const kept = defined.length > 0 ? defined : trues;
    const best = Math.min(...kept.map(({ file }) => rank(file.kind)));
    const [only, ...others] = kept.filter(({ file }) => rank(file.kind) === best);
    // Without its file, a name that several files hold says too little.
    if (!only || others.length > 0) return open;
    return {
      kind: 'true',
      id: id(only.file),
      file: only.file,
      line: only.file.lines[only.decision.at] ?? null,
      within: newAround(only.file, 'within' in statement ? statement.within : null, index),
    };
  }
  if (
    statement.loose ||
    decisions.some(({ decision }) => decision.kind === 'open') ||
    decisions.length < files.length
  )
    return open;
  return { kind: 'false', id: falseId(statement) };
}

/** The definition around a fact that the same file newly defines: whoever tells what is in it, tells of it. */
function newAround(file: IndexedFile, within: string | Mention | null, index: DiffIndex): string[] {
  const resolved = within === null ? null : resolve(typeof within === 'string' ? within : within.text, index);
  const uses = (resolved && file.names.get(resolved.name)?.uses) ?? [];
  const signs = new Set(
    uses.filter(({ role, noun }) => role === 'defined' && noun !== 'local').map(({ sign }) => sign),
  );
  return resolved && signs.size === 1 && signs.has('+') ? [`added ${resolved.name} ${file.parsed.path}`] : [];
}

export const falseId = (statement: Statement): string => {
  const { path: _, loose: __, ...said } = statement;
  return `false ${JSON.stringify(said).toLowerCase()}`;
};

/** A name that stands nowhere makes a statement false. One in strings or comments only cannot be decided. */
export const unknown = (statement: Statement, { text }: Mention, index: DiffIndex): Decision =>
  index.says(text) || index.says(text.split(/\.|::|#/).at(-1) ?? text) || text.length < 2
    ? open
    : { kind: 'false', id: falseId(statement) };
