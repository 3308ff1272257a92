import { type ChangeLine, type ChangeLines, type Sign, sayablePath, spellingKey } from './change-lines.ts';
import { languageOf, readDefinitionLine } from './definition-line.ts';
import { readValueChanges, type ValueChange } from './value-changes.ts';

export type Done = 'added' | 'removed';

/** A fact that code reads off a diff. `quote` is the changed line or file header that shows it. */
export type Fact =
  | ValueChange
  | ({ path: string; quote: string } & (
      | { about: 'file'; done: Done }
      | { about: 'rename'; from: string }
      | { about: 'definition'; done: Done; noun: string; name: string }
      | { about: 'import' | 'call' | 'mention' | 'heading' | 'word'; done: Done; name: string }
    ));

const maxLineCharacters = 300;
/** Excludes names that a file or package may have several times. */
const sayableName = /^(?!(?:init|main|constructor|setUp|tearDown|__init__)$)[A-Za-z_$][\w$-]{2,59}$/;
/** Written like code, not like prose: `maxRetries`, `max_retries`, `MAX_RETRIES`, `HttpClient`. */
const spelt = /[a-z0-9][A-Z]|[A-Za-z0-9]_[A-Za-z0-9]/;
/**
 * A line that itself speaks of something's end or replacement. Both "added" and "removed" may then be true of a name on
 * it ("DROP INDEX x" is an added line).
 */
export const speaksOfAnEnd =
  /\b(?:drop|delete|remove|rename|replace|revert|unset|undef|deprecat|obsolet|disable|revoke|rm\b|del\b|no longer|instead|former)/i;
/** Words of an order to a judge. No text that holds one is repeated in a claim. */
export const ordering =
  /\b(?:ignore|disregard|instruct|verdict|judge|support|accept|approve|claim|oracle|prompt|assistant|system|obey|must)/i;

/**
 * The facts of a change, in the diff's order. Only facts that are certain from the diff alone are listed:
 * - A *file* was added, deleted or renamed if its header says so and no file of the same name went the other way (it
 *   may have been moved).
 * - A *value* changed from one literal to another as `readValueChanges` says.
 * - Everything else was *added* if an added line holds it and its name, in any spelling, stands on no removed line, no
 *   unchanged line and in no hunk's heading. *Removed* is the reverse. So moved or merely reformatted code gives no
 *   fact, and neither does a name on a line that speaks of an end.
 * - A *definition* is a fact only if its hunk defines nothing of the same noun on the other side (it may have been
 *   renamed). Definitions, *imports* and *calls* are read from lines that are certainly code, *headings* only outside
 *   of code blocks.
 * In a diff that was cut only the headers are certain: the missing part may hold the other half of a move.
 */
export function readFacts(change: ChangeLines): Fact[] {
  const files = fileFacts(change);
  if (change.cut) return files;
  return [...files, ...readValueChanges(change), ...namedFacts(change)];
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

function fileFacts({ files }: ChangeLines): Fact[] {
  return files.flatMap((file): Fact[] => {
    const { path, oldPath, status, headerLines } = file;
    const header = (start: string) => headerLines.find((line) => line.startsWith(start));
    if (!sayablePath(path)) return [];
    if (status === 'renamed') {
      const quote = header('rename to ');
      return quote && oldPath !== null && sayablePath(oldPath) && oldPath !== path
        ? [{ about: 'rename', from: oldPath, path, quote }]
        : [];
    }
    if (status !== 'added' && status !== 'deleted') return [];
    const quote = header(status === 'added' ? '+++ ' : '--- ') ?? header('diff --git ');
    const other = status === 'added' ? 'deleted' : 'added';
    const mayHaveMoved = files.some((f) => f.status === other && baseName(f.path) === baseName(path));
    const sameFile = files.filter((f) => f.path === path).length > 1;
    if (!quote || mayHaveMoved || sameFile) return [];
    return [{ about: 'file', done: status === 'added' ? 'added' : 'removed', path, quote }];
  });
}

function namedFacts(change: ChangeLines): Fact[] {
  // A name may stand on every line, so each is looked up once.
  const asked = new Map<string, boolean>();
  const certain = (name: string, sign: Sign): boolean => {
    if (!sayableName.test(name)) return false;
    const key = `${sign} ${spellingKey(name)}`;
    const answer =
      asked.get(key) ??
      change.holding(name).every((line) => line.sign === sign && !speaksOfAnEnd.test(line.text));
    asked.set(key, answer);
    return answer;
  };
  const definedIn = definedNouns(change.lines);
  const headings = readHeadings(change.lines);
  const seen = new Set<string>();

  return change.lines.flatMap((line): Fact[] => {
    const { sign, text, file } = line;
    if (sign === ' ' || text.length > maxLineCharacters) return [];
    const done: Done = sign === '+' ? 'added' : 'removed';
    const at = { done, path: file.path, quote: text.trim() };
    const once = (fact: Fact & { name: string }): Fact[] => {
      const key = `${fact.about} ${spellingKey(fact.name)} ${file.path}`;
      if (seen.has(key) || !certain(fact.name, sign)) return [];
      seen.add(key);
      return [fact];
    };
    const heading = headings.get(line);
    if (heading !== undefined) return [{ about: 'heading', name: heading, ...at }];

    const language = languageOf(file.path);
    const facts: Fact[] = [];
    if (language !== null && line.code) {
      const definition = readDefinitionLine(text, language);
      if (definition) {
        const other = sign === '+' ? '-' : '+';
        if (!definedIn.has(`${line.hunk} ${other} ${definition.noun}`)) {
          facts.push(...once({ about: 'definition', ...definition, ...at }));
        }
      }
      for (const name of importedNames(text, language)) facts.push(...once({ about: 'import', name, ...at }));
      if (!definition)
        for (const name of calledNames(text, language)) facts.push(...once({ about: 'call', name, ...at }));
    }
    for (const [name] of text.matchAll(/(?<![\w$./@-])[A-Za-z_$][\w$]{4,39}(?![\w$/-])/g)) {
      if (spelt.test(name) && /^[A-Za-z_$]+\d?$/.test(name))
        facts.push(...once({ about: 'mention', name, ...at }));
    }
    for (const [name] of text.matchAll(/(?<![\w$./@-])[a-z]{7,20}(?![\w$./-])/g)) {
      if (!ordering.test(name)) facts.push(...once({ about: 'word', name, ...at }));
    }
    return facts;
  });
}

/** The nouns that each hunk defines on each of its sides. */
function definedNouns(lines: ChangeLine[]): Set<string> {
  const defined = new Set<string>();
  for (const { file, text, sign, hunk } of lines) {
    const language = languageOf(file.path);
    const definition =
      language === null || text.length > maxLineCharacters ? null : readDefinitionLine(text, language);
    if (definition) defined.add(`${hunk} ${sign} ${definition.noun}`);
  }
  return defined;
}

const imports: Record<string, RegExp> = {
  script: /^import\s+(?:type\s+)?(?:([\w$]+)\s*,?\s*)?(?:\{([^{}]*)\}\s*)?from\s+["'][^"']+["'];?\s*$/,
  python: /^(?:from\s+[\w.]+\s+)?import\s+(\w+(?:\s*,\s*\w+)*)\s*$/,
  jvm: /^(?:import|using)\s+(?:static\s+)?(?:\w+\.)+(\w+);?\s*$/,
  rust: /^(?:pub\s+)?use\s+(?:\w+::)+(?:(\w+)|\{([\w\s,]*)\});\s*$/,
};

/** The names that a line imports under their own name. */
function importedNames(text: string, language: string): string[] {
  const match = imports[language]?.exec(text);
  return (match?.slice(1) ?? [])
    .flatMap((list) => (list ?? '').split(','))
    .map((name) => name.trim().replace(/^type\s+/, ''))
    .filter((name) => /^[\w$]+$/.test(name));
}

const calls =
  /(?:(?<![=<>!]=|=>\s*)=\s*|\(|\.|&&\s*|\|\|\s*|!|\b(?:return|await|yield)\s+)([A-Za-z_$][\w$]{4,39})\(/g;
/** Calls of test libraries and containers. One more of them says too little to be judged. */
const commonCalls =
  /^(?:to[A-Z]\w*|expect|assert\w*|describe|filter|forEach|slice|split|includes|append|push|format|print\w*|length|String|Number|Boolean)$/;
const callLanguages = new Set(['script', 'python', 'go', 'rust', 'jvm', 'c', 'cpp', 'ruby', 'php']);

/** The names that a line certainly calls: within an expression, outside of texts and comments. */
function calledNames(text: string, language: string): string[] {
  if (!callLanguages.has(language) || /`/.test(text)) return [];
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""').replace(/(?:\/\/|#|\/\*).*$/, '');
  if (
    /["']/.test(bare.replaceAll('""', '')) ||
    /^\s*[@#]|\b(?:def|func|fn|fun|function|class|macro_rules)\b/.test(bare)
  )
    return [];
  return [...bare.matchAll(calls)].flatMap(([, name]) =>
    name === undefined || commonCalls.test(name) ? [] : [name],
  );
}

/**
 * Headings of Markdown files. "# x" may be a comment in a shell example whose fence the hunk does not show, so only
 * levels 2 to 6 count. A heading must be plain words that stand on no unchanged line and on no line of the other side.
 */
function readHeadings(lines: ChangeLine[]): Map<ChangeLine, string> {
  const markdown = lines.filter(({ file }) => /\.mdx?$/.test(file.path));
  const fenced = new Set(markdown.filter(({ text }) => /^\s*(?:```|~~~)/.test(text)).map(({ hunk }) => hunk));
  const fold = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, ' ')
      .trim();
  const without = (sign: Sign) =>
    fold(
      markdown
        .filter((line) => line.sign !== sign)
        .map(({ text }) => text)
        .join('\n'),
    );
  const others: Partial<Record<Sign, string>> = { '+': without('+'), '-': without('-') };
  return new Map(
    markdown.flatMap((line): [ChangeLine, string][] => {
      const title = /^#{2,6} ([A-Za-z][\w' -]{3,50}\w)\s*$/.exec(line.text)?.[1];
      if (title === undefined || fenced.has(line.hunk) || title.split(' ').length > 6) return [];
      const other = others[line.sign];
      const certain = other !== undefined && !other.includes(fold(title));
      return certain && !ordering.test(title) && !speaksOfAnEnd.test(title) ? [[line, title]] : [];
    }),
  );
}
