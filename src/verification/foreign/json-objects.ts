/** A part of a text, from `start` up to but not including `end`. */
export type Span = { start: number; end: number };

type State = 'first key' | 'key' | 'colon' | 'value' | 'first value' | 'end';
type Open = { isObject: boolean; start: number; state: State };

const whiteSpace = /[ \t\n\r]*/y;
const literal = /-?\d[\d.eE+-]*|true|false|null/y;

const endOfMatch = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
};

/** Where the string that opens at `start` ends, or null if it never does or has a character that JSON forbids. */
const endOfString = (text: string, start: number): number | null => {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '"') return at + 1;
    if (character < ' ') return null;
    if (character === '\\') at += 1;
  }
  return null;
};

/** What may follow a value. */
const afterValue = (open: Open | undefined) => {
  if (open !== undefined) open.state = 'end';
};

/**
 * Reads the object at `start` as JSON. `found` is the object itself, or, if it breaks, the objects in it that are whole.
 * `resume` is where the next one may begin.
 */
const readObject = (text: string, start: number): { found: Span[]; resume: number } => {
  const open: Open[] = [];
  const found: Span[] = [];
  let at = start;
  let lastString: number | null = null;
  // A broken object may have begun its last string at a quotation mark that ends one, so that string is read again.
  const broken = () => ({ found, resume: lastString === null ? Math.max(at, start + 1) : lastString + 1 });
  for (;;) {
    at = endOfMatch(whiteSpace, text, at);
    const character = text[at];
    const inner = open.at(-1);
    const state = inner?.state ?? 'value';
    if (character === '"') {
      const isKey = state === 'first key' || state === 'key';
      if (!isKey && state !== 'value' && state !== 'first value') return broken();
      lastString = at;
      const end = endOfString(text, at);
      if (end === null) return broken();
      at = end;
      if (isKey && inner !== undefined) inner.state = 'colon';
      else afterValue(inner);
      continue;
    }
    if (character === ':' && state === 'colon' && inner !== undefined) inner.state = 'value';
    else if (character === ',' && state === 'end' && inner !== undefined)
      inner.state = inner.isObject ? 'key' : 'value';
    else if ((character === '{' || character === '[') && (state === 'value' || state === 'first value'))
      open.push({
        isObject: character === '{',
        start: at,
        state: character === '{' ? 'first key' : 'first value',
      });
    else if (
      inner !== undefined &&
      character === (inner.isObject ? '}' : ']') &&
      (state === 'end' || state === 'first key' || state === 'first value')
    ) {
      open.pop();
      if (inner.isObject) {
        while ((found.at(-1)?.start ?? -1) > inner.start) found.pop();
        found.push({ start: inner.start, end: at + 1 });
      }
      if (open.length === 0) return { found, resume: at + 1 };
      afterValue(open.at(-1));
    } else {
      const end = state === 'value' || state === 'first value' ? endOfMatch(literal, text, at) : at;
      if (end === at) return broken();
      at = end - 1;
      afterValue(inner);
    }
    at += 1;
    lastString = null;
  }
};

/**
 * The JSON objects in a text that are whole and stand in no other such object, in their order. It takes time linear in
 * the text's length, whatever the text: every part is read at most a few times.
 */
export const jsonObjectsIn = (text: string): Span[] => {
  const objects: Span[] = [];
  const beginning = /\{(?=\s*["}])/g;
  for (let begun = beginning.exec(text); begun !== null; begun = beginning.exec(text)) {
    const { found, resume } = readObject(text, begun.index);
    for (const object of found) objects.push(object);
    beginning.lastIndex = resume;
  }
  return objects;
};
