import { expect, test } from 'vitest';
import { cutText, storableText, storableTextSchema } from './text.ts';

test('storable text holds neither NUL nor half a character', () => {
  expect(storableText('a\0b\ud800c\udc00')).toBe('a\ufffdb\ufffdc\ufffd');
  expect(storableText('ünï 😀 \n')).toBe('ünï 😀 \n');
});

test('the schema makes text storable before it measures it', () => {
  expect(storableTextSchema.min(1).max(2).parse('\0\ud800')).toBe('\ufffd\ufffd');
});

test('cutting never splits a character, and the ending counts towards the length', () => {
  expect(cutText('ab😀cd', 3)).toBe('ab');
  expect(cutText('ab😀cd', 4)).toBe('ab😀');
  expect(cutText('abc', 3)).toBe('abc');
  expect(cutText('abc', 0)).toBe('');
  expect(cutText('abcdef', 4, '…')).toBe('abc…');
  expect(cutText('ab😀cd', 4, '…')).toBe('ab…');
  expect(cutText('abcd', 4, '…')).toBe('abcd');
});
