import { expect, test } from 'vitest';
import { oracleAnswerSchema } from '#contracts/oracle.ts';
import { startCpuTime } from '#testing/rigs/cpu-time.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { readAnswerInText } from './answer-in-text.ts';

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
  ['after another answer', `{"summary": "first"}\n${json}`],
  [
    'after a draft in a fence',
    `Draft:\n\`\`\`json\n{"summary": "draft"}\n\`\`\`\nFinal:\n\`\`\`json\n${json}\n\`\`\``,
  ],
  ['after more braces than anyone counts', `${'if (a) { b }\n'.repeat(500)}${json}`],
  ['after a draft that was broken off', `{"summary": "It sets the "limit"\n${json}`],
  ['in a wrapper', `{"answer": ${json}}`],
  ['encoded twice', JSON.stringify(json)],
])('the contract’s JSON is found %s', (_, text) => {
  expect(readAnswerInText(text)).toEqual({ ok: true, answer });
});

const draft = '{"summary": "draft", "key_claims": ["…"], "follow_up_response": "…"}';
const dresses: [string, (reasoning: string) => string][] = [
  ...['think', 'thinking', 'reasoning', 'reflection', 'scratch_pad', 'seed:think', 'ponder', 'Musing'].map(
    (name): [string, (reasoning: string) => string] => [
      `<${name}>`,
      (said) => `<${name}>${said}</${name}>\n`,
    ],
  ),
  ['a tag with attributes', (said) => `<thinking depth="2">${said}</thinking>`],
  ['nested tags', (said) => `<think>a<think>${said}</think>b ${said}</think>`],
  ['a lone closer after a pair', (said) => `<think>a</think>${said}</think>\n`],
  ['two lone closers', (said) => `${said}</think>${said}</reasoning>\n`],
  ['a lone closer', (said) => `${said}</think>\n`],
  ['brackets', (said) => `[THINK]${said}[/THINK]`],
  ['a lone bracket', (said) => `${said}[/THINK]`],
  ['triangles', (said) => `◁think▷${said}◁/think▷`],
  ['tokens', (said) => `<|START_THINKING|>${said}<|END_THINKING|><|START_RESPONSE|>`],
  ['tokens with of', (said) => `<|begin_of_thought|>${said}<|end_of_thought|>`],
  ['Gemma’s channel', (said) => `<|channel>thought\n${said}<channel|>`],
  [
    'Harmony’s channels',
    (said) => `<|channel|>analysis<|message|>${said}<|end|><|start|>assistant<|channel|>final<|message|>`,
  ],
  [
    'Harmony with two channels and a constraint',
    (said) =>
      `<|start|>assistant<|channel|>analysis<|message|>${said}<|end|><|start|>assistant<|channel|>commentary<|message|>${said}<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>`,
  ],
  ['Harmony without its tokens', (said) => `analysis${said}assistantfinal`],
  ['a comment', (said) => `<!-- ${said} -->`],
];

test.each(dresses)('a draft in reasoning is no answer, in %s', (_, dressed) => {
  expect(readAnswerInText(`${dressed(`The form is ${draft}.`)}${json}`)).toEqual({ ok: true, answer });
});

test.each(dresses)('prose after reasoning is the summary without it, in %s', (_, dressed) => {
  expect(readAnswerInText(`${dressed(`The form is ${draft}.`)}I will not.`)).toMatchObject({
    ok: true,
    answer: { summary: 'I will not.' },
  });
});

test.each([
  ['<answer>', `<think>${draft}</think><answer>${json}</answer>`],
  ['<response>', `<think>${draft}</think>\n<response>\n${json}\n</response>`],
  ['an answer’s tag after reasoning without an end', `<think>${draft}<answer>${json}</answer>`],
  ['a tag of any name at the end', `<think>${draft}</think><my_review>${json}</my_review>`],
  ['HTML', `<div><pre>${json}</pre></div>`],
  ['the template’s last token', `<|channel|>final<|message|>${json}<|return|>`],
  ['a stray end', `${json}</s>`],
  ['a reply in tokens', `<|START_RESPONSE|>${json}<|END_RESPONSE|>`],
])('marks around an answer hide nothing: %s', (_, text) => {
  expect(readAnswerInText(text)).toEqual({ ok: true, answer });
});

test('text in an answer that looks like a mark of reasoning belongs to the answer', () => {
  const summary = 'Strips <think>…</think>, </thinking> and [/THINK] from <|channel|>analysis.';
  const said = JSON.stringify({ summary });
  expect(readAnswerInText(said)).toMatchObject({ answer: { summary } });
  expect(readAnswerInText(`<think>${draft}</think>${said}`)).toMatchObject({ answer: { summary } });
});

test.each([
  ['that never ends', `<think>The form is ${draft}.`],
  ['with nothing after it', `<think>${draft}</think>\n`],
  ['in a channel without a final one', `<|channel|>analysis<|message|>${draft}`],
])('reasoning %s is no answer', (_, text) => {
  expect(readAnswerInText(text)).toEqual({ ok: false, detail: 'The answer contains only reasoning.' });
});

test.each([
  'I cannot help with this pull request.',
  'The retry limit went from 3 to 5.',
  'It sets the options to `{"retries": 5}` and nothing more.',
  'It edits the manifest:\n```json\n{"name": "x", …}\n```',
  'It removes `<think>` and `</think>` from answers.',
  'It adds <Button> to <Form> and closes </Form> again, on the routes [/login] and [/logout].',
  '[Draft] Adds a limit.',
])('prose is the summary, and so is a refusal in words: %s', (text) => {
  expect(readAnswerInText(text)).toEqual({
    ok: true,
    answer: { summary: text, keyClaims: [], followUpResponse: '' },
  });
});

test.each([
  '["a", "b"]',
  '42',
  'null',
  '{}',
  '{"error": "model overloaded"}',
  '```json\n{"detail": "no"}\n```',
  `<think>${draft}</think>{"detail": "no"}`,
])('JSON that is no answer is malformed: %s', (text) => {
  expect(readAnswerInText(text)).toMatchObject({ ok: false, detail: expect.stringContaining('The answer') });
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

test.each([
  '{"'.repeat(500_000),
  '{'.repeat(1_000_000),
  `\`\`\`\n${' '.repeat(1_000_000)}x`,
  '```json '.repeat(100_000),
  `<think>${'</thin'.repeat(100_000)}`,
  '<a>'.repeat(300_000),
  '</think>'.repeat(100_000),
  `${'<t>'.repeat(150_000)}${'</t>'.repeat(150_000)}`,
  '<x><y></x></y>'.repeat(70_000),
  `${'<|channel|>'.repeat(90_000)}`,
  `<a ${' '.repeat(1_000_000)}`,
  `${'[a'.repeat(500_000)}`,
  '{}'.repeat(500_000),
  '{"a":'.repeat(200_000),
  '{"summary": "s"}'.repeat(60_000),
  '{"{\\"'.repeat(200_000),
  `{"${'{ '.repeat(500_000)}`,
  `{${' '.repeat(1_000_000)}`,
  '<!--'.repeat(250_000),
  `analysis${'assistantfina'.repeat(80_000)}`,
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
