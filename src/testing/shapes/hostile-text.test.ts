import { expect, test } from 'vitest';
import { textsNamed } from './hostile-text.ts';

test('a hostile text is found by its name, and a misspelt name is an error that repeats it', () => {
  expect(textsNamed(['different words', 'letters']).map(({ name }) => name)).toEqual([
    'letters',
    'different words',
  ]);
  expect(() => textsNamed(['letters', 'leters'])).toThrow('“leters”');
});
