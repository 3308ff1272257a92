/** What a line of code defines, judged by its form alone. `noun` is what the language calls it. */
export type Definition = { noun: string; name: string };

/** Longer lines are data or generated. Skipping them bounds every pattern below. */
const maxLineCharacters = 400;

const forms: [RegExp, (match: RegExpExecArray) => Definition | null][] = [
  // SQL
  [
    /^create\s+(?:or\s+replace\s+)?(?:unique\s+)?(table|index|view|function|type|trigger)\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?["`]?([\w.]+)/i,
    ([, noun = '', name = '']) => ({ noun: noun.toLowerCase(), name }),
  ],
  [
    /^alter\s+table\s+\S+\s+add\s+column\s+(?:if\s+not\s+exists\s+)?["`]?(\w+)/i,
    ([, name = '']) => ({ noun: 'column', name }),
  ],
  // Go methods and functions, Rust, Swift, Kotlin, Ruby, PHP, Python, JavaScript
  [/^func\s+(?:\([^)]*\)\s*)?([\p{L}_]\w*)/u, ([, name = '']) => ({ noun: 'function', name })],
  [
    /^(?:@\w+\s+)?(?:export\s+|default\s+|declare\s+|pub(?:\([^)]*\))?\s+|public\s+|private\s+|protected\s+|internal\s+|static\s+|final\s+|abstract\s+|sealed\s+|open\s+|data\s+|async\s+|unsafe\s+|override\s+|suspend\s+)*(function\*?|fun|fn|def|class|interface|enum|struct|trait|record|object|protocol)\s+(?:self\.)?([\p{L}_$][\w$]*)/u,
    ([, word = '', name = '']) => ({
      noun: /^(?:fu?n|fun|def|function\*?)$/.test(word) ? 'function' : word,
      name,
    }),
  ],
  [
    /^(?:export\s+)?type\s+([\p{L}_$][\w$]*)(?:\s*<[^=]*>)?\s*(?:=|struct\b|interface\b|func\b)/u,
    ([, name = '']) => ({ noun: 'type', name }),
  ],
  [/^export\s+(?:const|let|var)\s+([\p{L}_$][\w$]*)/u, ([, name = '']) => ({ noun: 'constant', name })],
  // Methods of Java, C#, C++ and of JavaScript classes
  [
    /^(?:(?:public|private|protected|internal|static|final|abstract|override|virtual|async|readonly|synchronized)\s+)+[\w<>[\],.?]+\s+(\w+)\s*\(/,
    ([, name = '']) => ({ noun: 'method', name }),
  ],
  [
    /^(?:static\s+|async\s+|get\s+|set\s+)*(#?[\p{L}_$][\w$]*)\s*\([^;]*\)\s*(?::[^;={]+)?\{$/u,
    ([, name = '']) =>
      /^(?:if|for|while|switch|catch|function|return|with|match)$/.test(name)
        ? null
        : { noun: 'method', name },
  ],
];

/** The definition on a line, or null. */
export function readDefinition(line: string): Definition | null {
  if (line.length > maxLineCharacters) return null;
  const text = line.trim();
  for (const [form, read] of forms) {
    const match = form.exec(text);
    if (match) return read(match);
  }
  return null;
}

/** A name set to one literal value on a line, in any of the usual notations. */
export type Assignment = { name: string; value: string };

const assignment =
  /^(?:-\s+)?(?:export\s+)?(?:const\s+|let\s+|var\s+|val\s+|static\s+|final\s+|readonly\s+|public\s+|private\s+)*["']?([\p{L}_$#][\w$.-]*)["']?\s*(?::\s*[\p{L}][\w[\]<>|.]*)?\s*(?::=|[:=])\s*(.+?)\s*[,;]?$/u;
const literal =
  /^(?:-?\d[\d_]*(?:\.\d+)?(?:ms|s|m|h|px|rem|em|%)?|"[^"]{1,60}"|'[^']{1,60}'|`[^`$]{1,60}`|true|false|True|False|[\w.]+\(["'][^"']{1,40}["']\))$/u;
const dependency =
  /^["']?([a-z@][\w./@-]*)(?:["']?\s*:\s*["']?|@|==|>=|~=|\s+v)[\^~>=v]*(\d[\w.+-]*)["']?,?$/i;

/** The assignment on a line. Null: there is none, or its value is not a single literal. */
export function readAssignment(line: string): Assignment | null {
  if (line.length > maxLineCharacters) return null;
  const text = line.trim();
  const pinned = dependency.exec(text.replace(/^-\s+(?:uses:\s*)?/, '').replace(/^["'](.*?)["'],?$/, '$1'));
  if (pinned?.[1] && pinned[2]) return { name: pinned[1], value: pinned[2] };
  const match = assignment.exec(text);
  const [, name, value] = match ?? [];
  if (name === undefined || value === undefined || !literal.test(value)) return null;
  return { name, value: value.replace(/^(?:[\w.]+\()?(["'`])(.*)\1\)?$/, '$2') };
}

export const isComment = (line: string): boolean =>
  /^\s*(?:\/\/|\/\*|\*|#(?!\p{L}|!\[|#)|--\s|<!--|"""|''')/u.test(line);
export const isImport = (line: string): boolean =>
  /^\s*(?:import\b|from\s+\S+\s+import\b|use\s+[\w:]+|#include\b|require\b|(?:const|let|var)\s.*=\s*require\(|package\s|"[\w./-]+"$)/.test(
    line,
  );
