import { expect, test } from 'vitest';
import { fc } from '#testing/runners/fuzzing.ts';
import { canonicalDigest, canonicalJson, readCanonicalJson } from './canonical.ts';

// Without its number 1E30, which is beyond 2^53−1.
test('the example of RFC 8785 (3.2.2 and 3.2.3) has the form that the RFC gives', () => {
  const value = {
    numbers: JSON.parse('[333333333.33333329, 4.50, 2e-3, 0.000000000000000000000000001]'),
    string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\u0022\u002f",
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('the order of members does not matter, but that of items does', () => {
  expect(canonicalDigest({ a: 1, b: [1, 2] })).toBe(canonicalDigest({ b: [1, 2], a: 1 }));
  expect(canonicalDigest({ b: [1, 2] })).not.toBe(canonicalDigest({ b: [2, 1] }));
});

test('names are ordered by UTF-16 units, as the RFC says', () => {
  expect(canonicalJson({ '\u{1f600}': 1, '\ufb33': 2, ö: 3, 1: 4, '\r': 5 })).toBe(
    '{"\\r":5,"1":4,"ö":3,"\u{1f600}":1,"\ufb33":2}',
  );
});

test.each([
  ['undefined', { a: [undefined] }, /^\$\.a\[0\] is undefined/],
  ['a number that is not finite', { a: Number.NaN }, /^\$\.a is not a finite number/],
  ['an integer above 2^53−1', { a: 2 ** 53 }, /^\$\.a is a number beyond 2\^53−1/],
  ['an integer below −(2^53−1)', [-(2 ** 53)], /^\$\[0\] is a number beyond 2\^53−1/],
  ['a lone surrogate', { a: 'x\ud800' }, /^\$\.a holds a lone surrogate/],
  ['a lone surrogate in a name', { '\ud800': 1 }, /^a name in \$ holds a lone surrogate/],
  ['a date', new Date(0), /^\$ is a object/],
  ['a big integer', 1n, /^\$ is a bigint/],
])('%s is refused, and its place is named', (_, value, message) => {
  expect(() => canonicalJson(value)).toThrow(message);
});

test('the canonical form is JSON of the same value, and unique', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      let text: string;
      try {
        text = canonicalJson(plain);
      } catch {
        // fast-check sometimes makes lone surrogates and numbers beyond 2^53−1.
        return;
      }
      expect(JSON.parse(text)).toEqual(plain);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
});

test('integers up to 2^53−1 are written whole', () => {
  expect(canonicalJson([2 ** 53 - 1, -(2 ** 53 - 1)])).toBe('[9007199254740991,-9007199254740991]');
});

const bytes = (text: string) => new TextEncoder().encode(text);

test('a canonical document is read from its bytes', () => {
  const value = { b: [1, 'ö', null], a: { '': true } };
  expect(readCanonicalJson(bytes(canonicalJson(value)))).toEqual(value);
});

test.each([
  ['members out of order', bytes('{"b":1,"a":2}')],
  ['a member twice', bytes('{"a":1,"a":1}')],
  ['white space', bytes('{"a": 1}')],
  ['a newline at the end', bytes('{"a":1}\n')],
  ['a byte order mark', bytes('\ufeff{"a":1}')],
  ['another spelling of a number', bytes('{"a":1.0}')],
  ['a negative zero', bytes('{"a":-0}')],
  ['a needless escape', bytes('{"a":"\\u0062"}')],
  ['an escaped lone surrogate', bytes('{"a":"\\ud800"}')],
  ['an integer that a double cannot hold', bytes('{"a":9007199254740993}')],
  ['a number too large for a double', bytes('{"a":1e999}')],
  ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ['an overlong encoding', Uint8Array.of(0x22, 0xc0, 0xa2, 0x22)],
  ['no JSON', bytes('{"a":1')],
  ['nothing', bytes('')],
  ['a nesting too deep to walk', bytes(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)],
])('a document with %s is refused', (_, document) => {
  expect(() => readCanonicalJson(document)).toThrow();
});
