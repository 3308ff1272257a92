import { expect, test } from 'vitest';
import { parseJson } from '#contracts/json.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { jsonObjectsIn, type Span } from './json-objects.ts';

const textsOf = (text: string) => jsonObjectsIn(text).map(({ start, end }) => text.slice(start, end));

test.each<[string, string[]]>([
  ['', []],
  ['{}', ['{}']],
  ['a {"b": [{"c": "}"}]} d {"e": 1} f', ['{"b": [{"c": "}"}]}', '{"e": 1}']],
  ['{"a": {"b": 1}, oops {"c": {}}', ['{"b": 1}', '{"c": {}}']],
  ['{"a": 1,} {"b": 1}', ['{"b": 1}']],
  ['{"says "no" {"b": 1}', ['{"b": 1}']],
  ['{"never ends {"b": 1}', ['{"b": 1}']],
  ['{"raw\nline": 1} {"b": "\\"}"}', ['{"b": "\\"}"}']],
  ['[{"a": 1}, {"b": 1}]', ['{"a": 1}', '{"b": 1}']],
  ['if (x) { return {"b": 1}; }', ['{"b": 1}']],
])('whole objects are found, the outermost of each: %s', (text, found) => {
  expect(textsOf(text)).toEqual(found);
});

/** By trying every substring. */
const objectsByTrying = (text: string): Span[] => {
  const found: Span[] = [];
  for (let start = 0; start < text.length; start += 1) {
    if (text[start] !== '{' || (found.at(-1)?.end ?? 0) > start) continue;
    for (let end = text.length; end > start; end -= 1)
      if (text[end - 1] === '}' && parseJson(text.slice(start, end)) !== undefined) {
        found.push({ start, end });
        break;
      }
  }
  return found;
};

test('objects among other text are the ones that trying every substring finds', () => {
  const noise = fc.string({ unit: fc.constantFrom(...'ab 1,:[]<>\n') });
  const object = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, object)), noise, (parts, rest) => {
      const text = parts.flat().join('') + rest;
      expect(jsonObjectsIn(text)).toEqual(objectsByTrying(text));
    }),
  );
});

test('in any text, what is found is whole objects in order, and every object that ends the text is found', () => {
  const pieces = fc.array(
    fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '1', ' ', '{"a":', '{}', 'null'),
  );
  fc.assert(
    fc.property(pieces, (list) => {
      const text = list.join('');
      let last = 0;
      for (const { start, end } of jsonObjectsIn(text)) {
        expect(start).toBeGreaterThanOrEqual(last);
        last = end;
      }
      const ended = `${text}\n{"a": "b"}`;
      expect(textsOf(ended).at(-1)).toBe('{"a": "b"}');
    }),
  );
});
