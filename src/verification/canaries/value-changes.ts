import type { ChangeLine, ChangeLines } from './change-lines.ts';

/** A name whose value changes from one literal to another. `quote` is the changed line that shows it. */
export type ValueChange = {
  about: 'value';
  name: string;
  from: string;
  to: string;
  path: string;
  quote: string;
};

type Setting = { name: string; value: string; frame: string };

const maxLineCharacters = 300;
const modifiers =
  '(?:(?:export|const|let|var|val|static|final|readonly|public|private|protected|internal|pub|int|long|double|float|unsigned|bool|boolean)\\s+)*';
const separator = '["\']?\\s*(?::\\s*[A-Za-z][\\w<>[\\]| ]*\\s*=|:=|=|:)\\s*';
const literal =
  '-?\\d[\\d_]*(?:\\.\\d+)?(?:\\s*(?:\\*|<<)\\s*[\\w.]+)*|true|false|True|False|"[\\w./:@+~^>=-]{1,60}"|\'[\\w./:@+~^>=-]{1,60}\'';
const assigned = new RegExp(
  `^(\\s*(?:- )?${modifiers}["']?)([A-Za-z_@][\\w.@/-]{1,60})(${separator})(${literal})(\\s*[,;]?\\s*(?:(?://|#).*)?)$`,
);
/** Data files need no quotes: `image: node:22`, `uses: actions/checkout@v5`. */
const unquoted = /^(\s*(?:- )?)([A-Za-z_][\w.-]{1,60})(:\s+)([\w][\w./:@+~^-]{0,59})(\s*(?:#.*)?)$/;
/** `requests==2.32.0`, `github.com/x/y v1.2.3`, `actions/checkout@v5`. */
const pinned =
  /^(\s*(?:-\s+)?(?:uses:\s*|require\s+)?["']?)([A-Za-z@][\w.@/-]{1,80}?)(==|>=|~=|@|\s+(?=v\d))(v?\d[\w.+-]*)(["']?[,;]?\s*(?:(?:\/\/|#).*)?)$/;

const withoutQuotes = (value: string) => value.replace(/^(["'])(.*)\1$/, '$2');
const foldSpace = (text: string) => text.replace(/\s+/g, ' ').trim();

function readSetting({ text, file }: ChangeLine): Setting | null {
  if (text.length > maxLineCharacters) return null;
  const isData = /\.ya?ml$/.test(file.path);
  const match = pinned.exec(text) ?? assigned.exec(text) ?? (isData ? unquoted.exec(text) : null);
  const [, before, name, sign, value, after] = match ?? [];
  if (name === undefined || value === undefined) return null;
  return {
    name,
    value: foldSpace(withoutQuotes(value)),
    frame: foldSpace(`${before}\0${name}\0${sign}\0${after}`),
  };
}

/** A value as a number, or null for anything else: an expression, a version, a text. */
export const numberOf = (value: string): number | null =>
  /^-?\d[\d_]*(?:\.\d+)?$/.test(value) ? Number(value.replaceAll('_', '')) : null;

const sameValue = (a: string, b: string) =>
  a.toLowerCase() === b.toLowerCase() || (numberOf(a) !== null && numberOf(a) === numberOf(b));

/**
 * Names whose value certainly changes from one literal to another. A removed and an added line of one block must stand
 * at the same place and differ in the literal only. All lines before them in the block must be such pairs too, so that
 * neither belongs to something that was replaced as a whole. Every other line of the diff that sets this name must show
 * the same change: an unchanged or unpaired line would leave open which name is meant.
 */
export function readValueChanges({ lines }: ChangeLines): ValueChange[] {
  const settings = new Map<ChangeLine, Setting>();
  const byName = new Map<string, ChangeLine[]>();
  const blocks = new Map<number, { '+': ChangeLine[]; '-': ChangeLine[] }>();
  for (const line of lines) {
    const setting = readSetting(line);
    if (setting) {
      settings.set(line, setting);
      const named = byName.get(setting.name);
      if (named) named.push(line);
      else byName.set(setting.name, [line]);
    }
    if (line.block === null || line.sign === ' ') continue;
    const block = blocks.get(line.block) ?? { '+': [], '-': [] };
    blocks.set(line.block, block);
    block[line.sign].push(line);
  }

  const counterpart = new Map<ChangeLine, ChangeLine>();
  for (const block of blocks.values()) {
    for (const [at, removed] of block['-'].entries()) {
      const added = block['+'][at];
      const [before, after] = [settings.get(removed), added && settings.get(added)];
      if (!added || !before || !after || before.frame !== after.frame || !removed.code || !added.code) break;
      counterpart.set(removed, added);
      counterpart.set(added, removed);
    }
  }

  return [...byName].flatMap(([name, setting]): ValueChange[] => {
    const changes = setting
      .filter(({ sign }) => sign === '+')
      .map((added) => ({ added, removed: counterpart.get(added) }));
    const [first] = changes;
    if (!first?.removed || setting.some((line) => !counterpart.has(line))) return [];
    const from = settings.get(first.removed)?.value ?? '';
    const to = settings.get(first.added)?.value ?? '';
    const alike = changes.every(
      ({ added, removed }) =>
        removed && settings.get(added)?.value === to && settings.get(removed)?.value === from,
    );
    if (!alike || sameValue(from, to)) return [];
    return [{ about: 'value', name, from, to, path: first.added.file.path, quote: first.added.text.trim() }];
  });
}
