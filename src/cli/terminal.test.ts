import { expect, test } from 'vitest';
import { plain } from './terminal.ts';

test('text from outside cannot move the cursor, repaint or reverse what is shown', () => {
  expect(plain('ok\u001b[2J\u001b[1;31m red\r\nnext\u0007\u202eevil\u2028line')).toBe(
    'ok red next evil line',
  );
});

test('a cut text is marked', () => {
  expect(plain('ab\ncdef', 4)).toBe('ab …');
  expect(plain('abcd\n', 4)).toBe('abcd');
});
