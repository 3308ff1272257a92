import { expect, test } from 'vitest';
import { oracleAnswerSchema } from '#contracts/oracle.ts';
import { startCpuTime } from '#testing/rigs/cpu-time.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { hasAnswerField, readAnswerInText } from './answer-in-text.ts';

const json = '{"summary": "s", "key_claims": ["braces } in { strings"], "follow_up_response": "r"}';
const answer = {
  summary: 's',
  keyClaims: [{ claim: 'braces } in { strings', confidence: null }],
  followUpResponse: 'r',
};

test.each([
  ['alone', json],
  ['with white space around', `\n  ${json}\n`],
  ['in a json fence', `\`\`\`json\n${json}\n\`\`\``],
  ['in a fence without a language', `\`\`\`\n${json}\n\`\`\``],
  ['in a fence on one line', `\`\`\`json ${json}\`\`\``],
  ['in a fence with words around', `Here it is:\n\n\`\`\`json\n${json}\n\`\`\`\nI hope that helps.`],
  ['without a fence, with words around', `Sure. ${json} Anything else?`],
  ['after other braces', `The change from {"a": 1} to { b } was: ${json}`],
  ['before another answer', `${json}\n{"summary": "second"}`],
  ['after reasoning with a draft', `<think>{"summary": "draft"}</think>\n${json}`],
])('the contract’s JSON is found %s', (_, text) => {
  expect(readAnswerInText(text)).toEqual({ ok: true, answer });
});

test.each([
  'I cannot help with this pull request.',
  'The retry limit went from 3 to 5.',
  'It sets the options to `{"retries": 5}` and nothing more.',
  'It edits the manifest:\n```json\n{"name": "x", …}\n```',
  '["a", "b"]',
  'null',
])('prose is the summary, and so is a refusal in words: %s', (text) => {
  expect(readAnswerInText(text)).toEqual({
    ok: true,
    answer: { summary: text, keyClaims: [], followUpResponse: '' },
  });
});

test.each([
  ['', 'The answer contains no text.'],
  [' \n\ufeff', 'The answer contains no text.'],
  ['{"summary": "a"', 'The answer is not valid JSON: it ends too early.'],
  [
    '```json\n{"summary": "a",\n key_claims: []}\n```',
    'The answer is not valid JSON: error at line 2, column 2.',
  ],
  ['So:\n```json\n{"summary": "a\n```', /^The answer is not valid JSON/],
  ['{"summary": 3}', 'summary must be a string; it is the number 3.'],
])('a broken object is malformed, and none of its text is repeated: %#', (text, detail) => {
  expect(readAnswerInText(text)).toEqual({
    ok: false,
    detail: typeof detail === 'string' ? detail : expect.stringMatching(detail),
  });
});

test('an answer has one of the answer fields, not one that every object inherits', () => {
  expect(hasAnswerField({ follow_up_response: 1 })).toBe(true);
  expect(hasAnswerField({ toString: 1, result: 'x' })).toBe(false);
  expect(hasAnswerField(['summary'])).toBe(false);
});

test.each([
  '{"'.repeat(500_000),
  '{'.repeat(1_000_000),
  `\`\`\`\n${' '.repeat(1_000_000)}x`,
  '```json '.repeat(100_000),
  `<think>${'</thin'.repeat(100_000)}`,
])('a hostile megabyte of text is read quickly: %#', (text) => {
  const cpuMs = startCpuTime();
  readAnswerInText(text);
  expect(cpuMs()).toBeLessThan(2000);
});

test('no text makes it throw, and the result fits the contract', () => {
  const pieces = fc.array(
    fc.constantFrom('{', '}', '"', '\\', '```', 'json', '\n', ' ', 'summary', ':', '[]', 'x'),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        pieces.map((list) => list.join('')),
      ),
      (text) => {
        const read = readAnswerInText(text);
        if (read.ok) expect(oracleAnswerSchema.safeParse(read.answer).success).toBe(true);
        else expect(read.detail).not.toBe('');
      },
    ),
  );
});
