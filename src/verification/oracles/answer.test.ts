import { expect, test } from 'vitest';
import { oracleAnswerSchema } from '#contracts/oracle.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { parseOracleAnswer, readOracleAnswer } from './answer.ts';

const parse = (text: string) => parseOracleAnswer(new TextEncoder().encode(text));
const detailOf = (text: string) => {
  const read = parse(text);
  return read.ok ? 'read' : read.detail;
};

test('a claim may be a string or an object with its confidence', () => {
  expect(
    parse('{"summary": "s", "key_claims": ["a", {"claim": "b", "confidence": 0.25}], "metadata": {"x": 1}}'),
  ).toEqual({
    ok: true,
    answer: {
      summary: 's',
      keyClaims: [
        { claim: 'a', confidence: null },
        { claim: 'b', confidence: 0.25 },
      ],
      followUpResponse: '',
    },
  });
});

test('missing fields read as empty, and unknown ones are ignored', () => {
  const empty = { ok: true, answer: { summary: '', keyClaims: [], followUpResponse: '' } };
  expect(parse('{}')).toEqual(empty);
  expect(parse('\ufeff{"model": "x", "__proto__": {"summary": "no"}}')).toEqual(empty);
});

test.each([
  ['{"summary": }', 'The answer is not valid JSON: error at line 1, column 13.'],
  ['{"summary": "a",\n  key_claims: []}', 'The answer is not valid JSON: error at line 2, column 3.'],
  ['<html>', 'The answer is not valid JSON: error at line 1, column 1.'],
  ['', 'The answer is not valid JSON: it ends too early.'],
  ['{"summary": "a"', 'The answer is not valid JSON: it ends too early.'],
  ['['.repeat(100_000), 'The answer is not valid JSON: error inside deeply nested brackets.'],
])('the place of a JSON error is named: %#', (text, detail) => {
  expect(detailOf(text)).toBe(detail);
});

test.each([
  ['"secret words"', 'The answer must be a JSON object; it is a string.'],
  ['[]', 'The answer must be a JSON object; it is an array.'],
  ['null', 'The answer must be a JSON object; it is null.'],
  ['{"summary": null}', 'summary must be a string; it is null.'],
  ['{"follow_up_response": ["x"]}', 'follow_up_response must be a string; it is an array.'],
  ['{"key_claims": "x"}', 'key_claims must be an array; it is a string.'],
  ['{"key_claims": ["x", 7]}', 'key_claims[1] must be a string or {claim, confidence}; it is the number 7.'],
  ['{"key_claims": [{"confidence": 1}]}', 'key_claims[0].claim must be a string; it is missing.'],
  [
    '{"key_claims": [{"claim": "x", "confidence": 1.5}]}',
    'key_claims[0].confidence must be a number from 0 to 1; it is the number 1.5.',
  ],
  [
    '{"key_claims": [{"claim": "x", "confidence": "high"}]}',
    'key_claims[0].confidence must be a number from 0 to 1; it is a string.',
  ],
  ['{"metadata": []}', 'metadata must be an object; it is an array.'],
])('the path of a wrong type is named, but not its value: %s', (text, detail) => {
  expect(detailOf(text)).toBe(detail);
});

test('bytes that are not UTF-8 are malformed', () => {
  expect(parseOracleAnswer(new Uint8Array([0x7b, 0xff, 0x7d]))).toEqual({
    ok: false,
    detail: 'The answer is not valid UTF-8.',
  });
});

test('text that Postgres cannot store is replaced', () => {
  expect(parse(String.raw`{"summary": "a\u0000b\ud800c"}`)).toMatchObject({
    ok: true,
    answer: { summary: 'a\ufffdb\ufffdc' },
  });
});

test('no bytes and no value make it throw, and the result fits the contract', () => {
  const fits = (read: ReturnType<typeof readOracleAnswer>) => {
    if (read.ok) expect(oracleAnswerSchema.safeParse(read.answer).success).toBe(true);
    else expect(read.detail).not.toBe('');
  };
  const claim = fc.oneof(
    fc.string(),
    fc.record({ claim: fc.string(), confidence: fc.double() }),
    fc.anything(),
  );
  const answer = fc.record(
    { summary: fc.string(), key_claims: fc.array(claim), follow_up_response: fc.anything() },
    { requiredKeys: [] },
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => fits(parseOracleAnswer(bytes))));
  fc.assert(fc.property(fc.oneof(fc.anything(), answer), (value) => fits(readOracleAnswer(value))));
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => fits(parse(text))));
});
