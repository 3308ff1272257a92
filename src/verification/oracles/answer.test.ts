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

const onlySummary = (summary: string) => ({
  ok: true,
  answer: { summary, keyClaims: [], followUpResponse: '' },
});

test('missing fields read as empty, and unknown ones are ignored', () => {
  expect(parse('{"summary": ""}')).toEqual(onlySummary(''));
  expect(parse('\ufeff{"model": "x", "summary": "s", "__proto__": {"key_claims": ["no"]}}')).toEqual(
    onlySummary('s'),
  );
});

test.each([
  '{"summary": "s", "key_claims": null, "follow_up_response": null, "metadata": null, "error": null}',
  '{"summary": "s", "metadata": null}',
])('an optional field that is null reads as absent: %s', (text) => {
  expect(parse(text)).toEqual(onlySummary('s'));
});

test('a confidence that is null reads as absent', () => {
  expect(parse('{"key_claims": [{"claim": "c", "confidence": null}]}')).toMatchObject({
    answer: { summary: '', keyClaims: [{ claim: 'c', confidence: null }] },
  });
});

test.each(['answer', 'data', 'result', 'output'])('one wrapper around the answer is opened: %s', (name) => {
  const wrapped = { [name]: { summary: 's' } };
  expect(readOracleAnswer({ status: 'ok', error: null, ...wrapped })).toEqual(onlySummary('s'));
  expect(readOracleAnswer({ summary: 'own', ...wrapped })).toEqual(onlySummary('own'));
  expect(readOracleAnswer({ data: { data: wrapped } }).ok).toBe(false);
});

const noFields = 'The answer has none of the fields summary, key_claims, follow_up_response:';
test.each<[unknown, string]>([
  [{}, `${noFields} it is an empty object.`],
  [{ error: 'model overloaded' }, `${noFields} it holds error “model overloaded”.`],
  [{ error: { message: 'no model' } }, `${noFields} it holds error “no model”.`],
  [{ detail: 'Internal error' }, `${noFields} it holds detail “Internal error”.`],
  [{ detail: [{ loc: ['body'], msg: 'field required' }] }, `${noFields} it holds detail “field required”.`],
  [{ errors: [{ message: 'bad\u001b[31m\u202e\nthing' }] }, `${noFields} it holds errors “bad [31m thing”.`],
  [{ message: 'x'.repeat(5000) }, `${noFields} it holds message “${'x'.repeat(199)}…”.`],
  [{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 }, `${noFields} it holds “a”, “b”, “c”, “d”, “e” and 2 more.`],
  [{ summary: null, key_claims: null }, `${noFields} it holds “summary”, “key_claims”.`],
  [{ summary: '', key_claims: [], error: 'overloaded' }, `${noFields} it holds error “overloaded”.`],
  [{ answer: 'words' }, `${noFields} it holds “answer”.`],
  [{ toString: 1 }, `${noFields} it holds “toString”.`],
  [[], 'The answer must be a JSON object; it is an array.'],
  [7, 'The answer must be a JSON object; it is the number 7.'],
])('what is not recognised is no answer, and the reason says what it held: %j', (value, detail) => {
  expect(readOracleAnswer(value)).toMatchObject({ ok: false, detail });
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
  ['{"summary": "s", "metadata": []}', 'metadata must be an object; it is an array.'],
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
