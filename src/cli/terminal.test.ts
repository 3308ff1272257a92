import { expect, test } from 'vitest';
import { plain, plainJson } from './terminal.ts';

test('text from outside cannot move the cursor, repaint or reverse what is shown', () => {
  expect(plain('ok\u001b[2J\u001b[1;31m red\r\nnext\u0007\u202eevil\u2028line')).toBe(
    'ok red next evil line',
  );
});

test('a cut text is marked', () => {
  expect(plain('ab\ncdef', 4)).toBe('ab …');
  expect(plain('abcd\n', 4)).toBe('abcd');
});

test('JSON for a terminal has the same value, and nothing that drives it', () => {
  const value = { name: 'a\u001b\u007f\u009b2J\u202e\u2066\u2028\u{e0001}é語' };
  expect(JSON.parse(plainJson(value))).toEqual(value);
  expect(plainJson(value).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\u2028]/u);
});
