import { expect, test } from 'vitest';
import { POST } from './route.ts';

const ask = (character: string, body: unknown) =>
  POST(
    new Request(`http://127.0.0.1/api/demo-oracle/${character}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    }),
    { params: Promise.resolve({ character }) },
  );

const question = {
  pr: { id: '7', title: 'Wait longer', description: '', diff_content: '', files_changed: [] },
  follow_up_question: 'Which function is new?',
};

test.each([
  ['good', 'echelon-verify demonstration oracle', 'The diff that I was given does not say.'],
  ['lazy', 'echelon-verify demonstration oracle, lazy', 'I have not looked at that.'],
  ['mixed', 'echelon-verify demonstration oracle, mixed', /^It is `\w+`\.$/],
  ['liar', 'echelon-verify demonstration oracle, liar', /^It is `\w+`\.$/],
])('the address chooses the character: %s', async (character, oracle, answer) => {
  const response = await ask(character, question);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    follow_up_response: expect.stringMatching(answer),
    metadata: { oracle },
  });
});

test.each(['saint', 'Good', 'constructor', '__proto__', ''])(
  'an unknown character is not found: %s',
  async (character) => {
    const response = await ask(character, question);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ detail: expect.stringContaining('lazy') });
  },
);

test.each(['lazy', 'mixed', 'liar'])(
  'a malformed body is refused whatever the character: %s',
  async (character) => {
    const response = await ask(character, { pr: {} });
    expect(response.status).toBe(422);
  },
);
