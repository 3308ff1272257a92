import type { CodeLine, CodeToken } from './code-lines.ts';

/** What a name does on a line. `noun` is what the language calls a thing that is defined. */
export type Role = {
  name: string;
  role: 'defined' | 'called' | 'imported' | 'read';
  noun?: string;
  drops?: boolean;
};

const set = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/u));

/** The words before a definition that say how it may be used. */
export const leadingModifiers = set(`
  export default declare pub public private protected internal static final abstract sealed open data async unsafe
  override suspend readonly virtual inline extern partial lazy mutable synchronized required local crate get set
  and native explicit constexpr friend`);
/** The words that begin a definition, by what they define. */
const definers = new Map(
  Object.entries({
    function: 'function fn func fun def defp defn defun sub proc',
    class: 'class defmodule',
    interface: 'interface protocol',
    enum: 'enum',
    struct: 'struct union',
    trait: 'trait',
    type: 'type typealias typedef newtype',
    record: 'record object',
    module: 'module mod namespace',
    macro: 'macro macro_rules defmacro',
    service: 'service',
    message: 'message',
    method: 'rpc',
    constant: 'const',
    variable: 'let var val my auto',
  }).flatMap(([noun, words]) => words.split(' ').map((word): [string, string] => [word, noun])),
);
/** Words of the languages themselves. They name nothing of the program. */
export const keywords: ReadonlySet<string> = set(`
  ${[...leadingModifiers].join(' ')} ${[...definers.keys()].join(' ')}
  if else elif elsif unless for foreach while until do switch case when match with select return yield await throw
  throws raise try catch except finally ensure rescue end begin then break continue goto new delete typeof instanceof
  in is as of not or and import from require include use using package extends implements where self this super
  true false null nil none undefined void int long short byte char bool boolean float double string str number any
  unknown never object usize isize u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 int8 int16 int32 int64 uint uint8 uint16
  uint32 uint64 float32 float64 print pass lambda nonlocal global assert del defer go chan map range fallthrough
  impl dyn ref move mut loop create table alter drop column index view add primary key references default
  constraint unique exists cascade insert into values update delete where join on order group by limit`);
/** What test frameworks call. A test's calls say nothing about the program. */
export const testCalls: ReadonlySet<string> = set(`
  it test describe context specify suite scenario feature expect assert assertEquals assertTrue assertFalse
  assertEqual assertRaises assert_eq assert_ne beforeEach afterEach beforeAll afterAll before after setUp tearDown
  setup teardown should toBe toEqual toThrow rejects resolves xit fit xdescribe fdescribe each skip only jest vi vitest
  mocha chai sinon pytest unittest given require_relative t`);

const sqlTypes = set(`
  integer int bigint smallint serial bigserial text varchar char character uuid timestamptz timestamp date time
  boolean bool numeric decimal real double float json jsonb bytea blob datetime citext inet interval money`);
const sqlThings =
  'table|index|view|function|type|trigger|schema|sequence|policy|column|constraint|procedure|role';
const sqlCreate = new RegExp(
  `^\\s*create\\s+(?:or\\s+replace\\s+)?(?:unique\\s+|temp(?:orary)?\\s+|materialized\\s+)?(${sqlThings})\\s+(?:concurrently\\s+)?(?:if\\s+not\\s+exists\\s+)?([\\w."\`]+)`,
  'i',
);
const sqlDrop = new RegExp(
  `\\bdrop\\s+(?:materialized\\s+)?(${sqlThings})\\s+(?:concurrently\\s+)?(?:if\\s+exists\\s+)?([\\w."\`]+)`,
  'i',
);
const sqlAlter = /\balter\s+table\b/i;
const sqlAdd =
  /\badd\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?(?!constraint|primary|unique|foreign|check)([\w"`]+)/i;
/** What a line adds to a table. Two searches, one after the other: one pattern for both would take quadratic time. */
const addedTo = (text: string) => {
  const alter = sqlAlter.exec(text);
  return alter && sqlAdd.exec(text.slice(alter.index));
};
const sqlAddColumn = /^\s*add\s+column\s+(?:if\s+not\s+exists\s+)?([\w"`]+)/i;
const sqlRename = /\brename\s+(?:column\s+|constraint\s+)?([\w"`]+\s+)?to\s+([\w"`]+)/i;
const unquoted = (name: string) => name.replace(/["`]/g, '').replace(/^.*\./, '');

const importLine =
  /^\s*(?:import\b(?!\s*\()|from\s+\S+\s+import\b|(?:pub\s+)?use\s+[\w:]+|using\s+[\w.]+\s*;|#\s*include\b|require(?:_relative|_once)?\b\s*\(?['"]|include_once\b|(?:const|let|var)\s.*=\s*(?:await\s+import|require)\(|export\s.*\bfrom\s+['"])/;
export const isImportLine = (text: string): boolean => importLine.test(text);

/** What the names on a line of code do there. A test framework's calls and keywords are left out. */
export function rolesOn({ text, tokens, indent }: CodeLine, ending: string, imports: boolean): Role[] {
  const roles: Role[] = [];
  const dropped = sqlDrop.exec(text);
  const renamed = /\balter\b/i.test(text) ? sqlRename.exec(text) : null;
  const isSql = ending === 'sql' || dropped !== null || sqlCreate.test(text) || addedTo(text) !== null;
  const created = isSql ? sqlCreate.exec(text) : null;
  const column = isSql ? (addedTo(text) ?? sqlAddColumn.exec(text)) : null;
  if (created)
    roles.push({ name: unquoted(created[2] ?? ''), role: 'defined', noun: (created[1] ?? '').toLowerCase() });
  if (column) roles.push({ name: unquoted(column[1] ?? ''), role: 'defined', noun: 'column' });
  if (dropped)
    roles.push({
      name: unquoted(dropped[2] ?? ''),
      role: 'defined',
      noun: (dropped[1] ?? '').toLowerCase(),
      drops: true,
    });
  if (renamed?.[1]) {
    roles.push({ name: unquoted(renamed[1].trim()), role: 'defined', noun: 'column', drops: true });
    roles.push({ name: unquoted(renamed[2] ?? ''), role: 'defined', noun: 'column' });
  }
  const known = new Set(roles.map(({ name }) => name));
  const defined = roles.length > 0 || imports ? null : definitionIn(tokens, indent, ending);
  for (const [place, token] of tokens.entries()) {
    if (token.kind === 'text' && imports) {
      roles.push({ name: token.text, role: 'imported' });
      continue;
    }
    if (token.kind !== 'name' || known.has(token.text)) continue;
    const { text: name } = token;
    if (defined?.at === place) {
      roles.push({ name, role: 'defined', noun: defined.noun });
      continue;
    }
    if (keywords.has(name) || keywords.has(name.toLowerCase())) continue;
    const next = tokens[place + 1];
    const called = next?.text === '(' || (next?.text === '!' && tokens[place + 2]?.text === '(');
    if (called && testCalls.has(name) && tokens[place - 1]?.text !== '.') continue;
    roles.push({ name, role: imports ? 'imported' : called ? 'called' : 'read' });
  }
  return roles;
}

const isName = (token: CodeToken | undefined): token is CodeToken => token?.kind === 'name';

/** The name that a line defines, by the form of its language, as its place among the tokens. */
function definitionIn(
  tokens: CodeToken[],
  indent: number,
  ending: string,
): { at: number; noun: string } | null {
  let at = 0;
  // Attributes and decorators before a definition on the same line.
  if (tokens[0]?.text === '@') at = 2;
  if (ending === 'clj' && tokens[0]?.text === '(') at = 1;
  let exported = false;
  for (; isName(tokens[at]) && leadingModifiers.has(tokens[at]?.text ?? ''); at++) {
    // "get: …", "set = …" and "open(…)" are names themselves.
    if (/^[(:=,?.]$/.test(tokens[at + 1]?.text ?? '') && tokens[at]?.text !== 'pub') break;
    exported = true;
    if (tokens[at]?.text === 'pub' && tokens[at + 1]?.text === '(') at += 3;
  }
  const first = tokens[at];
  if (!first) return null;
  const hash = first.text === '#' && isName(tokens[at + 1]) ? 1 : 0;
  if (hash && tokens[at + 1]?.text === 'define' && isName(tokens[at + 2]))
    return { at: at + 2, noun: 'constant' };
  const noun = first.kind === 'name' ? definers.get(first.text) : undefined;
  if (noun !== undefined && !/^[:=,?.;)]$/.test(tokens[at + 1]?.text ?? '=')) {
    let name = at + 1;
    if (tokens[name]?.text === '*' || tokens[name]?.text === '!') name++;
    // "const enum", "enum class", "const fn", "let mut": the last of them says what it is.
    let said = noun;
    for (; definers.has(tokens[name]?.text ?? '') || tokens[name]?.text === 'mut'; name++)
      said = definers.get(tokens[name]?.text ?? '') ?? said;
    // The receiver of a method in Go.
    if (first.text === 'func' && tokens[name]?.text === '(') {
      while (name < tokens.length && tokens[name]?.text !== ')') name++;
      name++;
      said = 'method';
    }
    while (tokens[name + 1]?.text === '.' && isName(tokens[name + 2])) name += 2;
    if (!isName(tokens[name])) return null;
    const isValue = said === 'constant' || said === 'variable';
    if (isValue && indent > 0 && !exported) return { at: name, noun: 'local' };
    return { at: name, noun: isValue && holdsFunction(tokens, name + 1) ? 'function' : said };
  }
  if (/^attr_(?:accessor|reader|writer)$/.test(first.text) && isName(tokens[at + 2]))
    return { at: at + 2, noun: 'attribute' };
  const name = at + hash;
  const token = tokens[name];
  if (!isName(token)) {
    return /^(?:s?css|less|sass)$/.test(ending) && /^[.#]$/.test(first.text) && isName(tokens[at + 1])
      ? { at: at + 1, noun: 'rule' }
      : null;
  }
  const next = tokens[name + 1]?.text ?? '';
  const last = tokens.at(-1)?.text ?? '';
  const plain = !keywords.has(token.text) || exported;
  if (plain && next === '(' && (opensBody(tokens, name + 1) || (exported && last === ';')))
    return { at: name, noun: 'method' };
  if (next === ':' && tokens[name + 2]?.text !== ':' && plain && !/^(?:case|default)$/.test(token.text)) {
    const data = /^(?:ya?ml|jsonc?|json5|toml)$/.test(ending);
    return { at: name, noun: data ? 'key' : /^s?css|less$/.test(ending) ? 'property' : 'field' };
  }
  if (plain && next === '?' && tokens[name + 2]?.text === ':') return { at: name, noun: 'field' };
  if (plain && next === '=' && tokens[name + 2]?.text !== '=') {
    const isData = /^(?:toml|ini|cfg|conf|env|properties)$/.test(ending);
    if (isData) return { at: name, noun: 'key' };
    if (indent === 0 || /^\p{Lu}[\p{Lu}\p{N}_]+$/u.test(token.text)) return { at: name, noun: 'constant' };
    return exported ? { at: name, noun: 'field' } : null;
  }
  if (ending === 'sql' && sqlTypes.has(tokens[name + 1]?.text.toLowerCase() ?? ''))
    return { at: name, noun: 'column' };
  if (
    ending === 'go' &&
    plain &&
    indent > 0 &&
    /^\p{Lu}/u.test(token.text) &&
    !tokens.some(({ text }) => /^[(=;{.]$/.test(text)) &&
    tokens.length > 1
  )
    return { at: name, noun: 'field' };
  return typedDefinition(tokens, name, exported, last, ending);
}

/** "const parse = async (text) => …": what is set is a function, whose parameters may go on over the next lines. */
function holdsFunction(tokens: CodeToken[], from: number): boolean {
  const equals = tokens.findIndex(
    ({ text, at }, place) => place >= from && text === '=' && tokens[place + 1]?.at !== at + 1,
  );
  if (equals < 0) return false;
  const start = tokens[equals + 1]?.text === 'async' ? equals + 2 : equals + 1;
  const [first, second] = tokens.slice(start, start + 2);
  if (first?.text === 'function' || (first?.kind === 'name' && second?.text === '=')) return true;
  if (first?.text !== '(' && first?.text !== '<') return false;
  const isArrow = ({ text, at }: CodeToken, place: number) =>
    place > start && text === '>' && tokens[place - 1]?.text === '=' && tokens[place - 1]?.at === at - 1;
  return tokens.at(-1)?.text === '(' || tokens.at(-1)?.text === '<' || tokens.some(isArrow);
}

/** Whether what follows the parameters is a body, and not the rest of a call ("useEffect(() => {"). */
function opensBody(tokens: CodeToken[], from: number): boolean {
  if (tokens.at(-1)?.text !== '{') return false;
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    if (tokens[at]?.text === '(') depth++;
    if (tokens[at]?.text === ')' && --depth === 0)
      return !tokens.slice(at + 1, -1).some(({ text }) => /^[(=.,]$/.test(text));
  }
  return false;
}

const typed = set('java cs c h cc cpp cxx hh hpp hxx m mm kt dart groovy proto php');
/** "static int parse(…) {", "private final Clock clock;": a type before the name. */
function typedDefinition(tokens: CodeToken[], from: number, exported: boolean, last: string, ending: string) {
  if (!typed.has(ending)) return null;
  const head = tokens.slice(from, from + 12);
  if (
    /^(?:return|throw|new|else|if|for|while|switch|case|await|yield|delete|goto|using|package|assert|defined)$/.test(
      head[0]?.text ?? '',
    )
  )
    return null;
  const stop = head.findIndex(({ text }) => /^[(=;:]$/.test(text));
  const [before, name] = head.slice(Math.max(0, stop - 2), Math.max(0, stop));
  if (name?.kind !== 'name' || !before || (before.kind !== 'name' && !/^[>*\]&?]$/.test(before.text)))
    return null;
  if (head.slice(0, stop).some(({ text }) => text === '.' && !exported)) return null;
  const mark = head[stop]?.text;
  if (mark === '(' && (last === '{' || last === ')' || last === ';' || last === ',' || last === '('))
    return { at: from + stop - 1, noun: 'method' };
  return mark === '=' || mark === ';' ? { at: from + stop - 1, noun: exported ? 'field' : 'local' } : null;
}
