/** What a line of code defines. `noun` is what its language calls it. */
type DefinitionLine = { noun: string; name: string };

type Form = [pattern: RegExp, noun: string | ((match: RegExpExecArray) => string | null)];

const name = '(?<name>[A-Za-z_$][\\w$]*)';
const form = (pattern: string, noun: Form[1], flags = ''): Form => [new RegExp(`^${pattern}`, flags), noun];

/** The keyword before the name, if people use it as the noun. */
const keyword = (match: RegExpExecArray) => match.groups?.noun?.toLowerCase() ?? null;

// Functions and constants count at the start of a line only. Indented ones are locals, methods of unseen classes, or
// one of several of that name in the file.
const typed = form(
  `\\s*(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|sealed|open|data|partial)\\s+)*(?<noun>class|interface|enum|record|struct|trait|protocol)\\s+${name}\\b(?=.*(?:[{(:]|\\{\\s*\\})\\s*$)`,
  keyword,
);

const forms: Record<string, Form[]> = {
  script: [
    form(`(?:export\\s+)?(?:default\\s+)?(?:async\\s+)?function\\*?\\s+${name}\\s*[<(]`, 'function'),
    form(`(?:export\\s+)?(?:declare\\s+)?type\\s+${name}\\s*(?:<[^=]*>)?\\s*=`, 'type'),
    form(
      `(?:export\\s+)?const\\s+${name}\\s*(?::\\s*[\\w<>[\\]., |'"]+)?\\s*=(?![=>])\\s*(?<value>.*)$`,
      (m) => {
        const value = m.groups?.value ?? '';
        if (/^(?:async\s*)?(?:\([^()]*\)(?:\s*:[^=]+)?|[\w$]+)\s*=>/.test(value)) return 'function';
        // A value that starts like this may continue as a function on the next line.
        return /^(?:$|[(<]|async\b|function\b)/.test(value) ? null : 'constant';
      },
    ),
    typed,
  ],
  python: [
    form(`(?:async\\s+)?def\\s+${name}\\s*\\(`, 'function'),
    form(`\\s+(?:async\\s+)?def\\s+${name}\\s*\\((?:self|cls)\\b`, 'method'),
    form(`class\\s+${name}\\s*[:(]`, 'class'),
    form('(?<name>[A-Z][A-Z0-9_]{2,})\\s*(?::[^=]+)?=(?!=)', 'constant'),
  ],
  go: [
    form(`func\\s+${name}\\s*[([]`, 'function'),
    form(`func\\s+\\([^)]*\\)\\s*${name}\\s*\\(`, 'method'),
    form(`type\\s+${name}(?:\\[[^\\]]*\\])?\\s+(?:=\\s*)?[\\w*[(]`, 'type'),
    form(`const\\s+${name}\\b.*=`, 'constant'),
  ],
  rust: [
    form(`(?:pub(?:\\([^)]*\\))?\\s+)?(?:const\\s+|async\\s+|unsafe\\s+)*fn\\s+${name}\\s*[<(]`, 'function'),
    form(`(?:pub(?:\\([^)]*\\))?\\s+)?(?<noun>struct|enum|trait|type)\\s+${name}\\b`, keyword),
    form('(?:pub(?:\\([^)]*\\))?\\s+)?const\\s+(?<name>[A-Z][A-Z0-9_]+)\\s*:', 'constant'),
  ],
  jvm: [
    typed,
    form(`(?:(?:public|private|internal|suspend|inline)\\s+)*(?:fun|func)\\s+${name}\\s*[<(]`, 'function'),
  ],
  c: [
    form('#\\s*define\\s+(?<name>[A-Z][A-Z0-9_]{2,})\\b', 'macro'),
    form(`(?<noun>struct|enum|union)\\s+${name}\\s*\\{?\\s*$`, keyword),
    form(
      `(?!(?:else|return|typedef|case|goto)\\b)(?:[\\w]+[\\s*]+)+${name}\\s*\\([^;()]*\\)\\s*\\{\\s*$`,
      'function',
    ),
  ],
  cpp: [
    form('#\\s*define\\s+(?<name>[A-Z][A-Z0-9_]{2,})\\b', 'macro'),
    form(`(?<noun>class|struct)\\s+${name}\\b[^;]*\\{\\s*$`, keyword),
  ],
  ruby: [
    form('\\s*def\\s+(?:self\\.)?(?<name>[a-z_]\\w*)\\s*(?:$|\\()', 'method'),
    form(`\\s*(?<noun>class|module)\\s+${name}\\s*(?:$|<)`, keyword),
  ],
  php: [form(`function\\s+${name}\\s*\\(`, 'function'), typed],
  sql: [
    form(
      `\\s*create\\s+(?:or\\s+replace\\s+)?(?:unique\\s+)?(?<noun>table|index|view|function|type|trigger)\\s+(?:concurrently\\s+)?(?:if\\s+not\\s+exists\\s+)?["\`]?(?:\\w+["\`]?\\.["\`]?)?${name}`,
      keyword,
      'i',
    ),
    form(
      `\\s*alter\\s+table\\s+\\S+\\s+add\\s+column\\s+(?:if\\s+not\\s+exists\\s+)?["\`]?${name}`,
      'column',
      'i',
    ),
  ],
  shell: [
    form('(?:function\\s+)?(?<name>[a-z_]\\w*)\\s*\\(\\)\\s*\\{', 'function'),
    form('(?:export\\s+)?(?<name>[A-Z][A-Z0-9_]{2,})=', 'variable'),
  ],
  json: [form('\\s*"(?<name>[A-Za-z_][\\w-]*)"\\s*:', 'key')],
  yaml: [form('\\s*(?:-\\s+)?(?<name>[A-Za-z_][\\w-]*):(?:\\s|$)', 'key')],
  toml: [form('(?<name>[A-Za-z_][\\w-]*)\\s*=', 'key')],
};

const languages: [RegExp, keyof typeof forms][] = [
  [/\.[cm]?[jt]sx?$/, 'script'],
  [/\.py$/, 'python'],
  [/\.go$/, 'go'],
  [/\.rs$/, 'rust'],
  [/\.(?:java|kt|cs|swift|scala)$/, 'jvm'],
  [/\.[ch]$/, 'c'],
  [/\.(?:cc|cpp|cxx|hpp|hh)$/, 'cpp'],
  [/\.rb$/, 'ruby'],
  [/\.php$/, 'php'],
  [/\.sql$/, 'sql'],
  [/\.(?:sh|bash|zsh)$/, 'shell'],
  [/\.json$/, 'json'],
  [/\.ya?ml$/, 'yaml'],
  [/\.toml$/, 'toml'],
];

/** The language of a file, or null if it is unknown. */
export const languageOf = (path: string): string | null =>
  languages.find(([ending]) => ending.test(path))?.[1] ?? null;

/** The definition on a line of code, or null. */
export function readDefinitionLine(text: string, language: string): DefinitionLine | null {
  for (const [pattern, noun] of forms[language] ?? []) {
    const match = pattern.exec(text);
    if (!match) continue;
    const said = typeof noun === 'string' ? noun : noun(match);
    const defined = match.groups?.name;
    return said === null || defined === undefined ? null : { noun: said, name: defined };
  }
  return null;
}
