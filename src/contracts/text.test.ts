import { expect, test } from 'vitest';
import { storableText, storableTextSchema } from './text.ts';

test('text that can be stored holds neither NUL nor half a character', () => {
  expect(storableText('a\0b\ud800c\udc00')).toBe('a\ufffdb\ufffdc\ufffd');
  expect(storableText('ünï 😀 \n')).toBe('ünï 😀 \n');
});

test('the schema makes text storable before it measures it', () => {
  expect(storableTextSchema.min(1).max(2).parse('\0\ud800')).toBe('\ufffd\ufffd');
});
