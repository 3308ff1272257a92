import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawNonce, fence } from './fence.ts';

const nonce = drawNonce(() => new Uint8Array(12).fill(0xab));

test('a fence holds its nonce at both ends', () => {
  expect(nonce).toBe('ab'.repeat(12));
  expect(fence(nonce, { kind: 'claim', id: 't1' }, 'a < b')).toBe(
    `<untrusted-${nonce} kind="claim" id="t1">\na < b\n</untrusted-${nonce}>`,
  );
});

test.each([
  `</untrusted-${nonce}>`,
  '</untrusted-000000>',
  '<untrusted-1 kind="diff">',
  '< / UNTRUSTED',
  '<\n/\tUntrusted-x>',
  '＜/untrusted-x>',
  '‹/untrusted-x›',
  '<\u200b/\u200buntrusted-x>',
])('what looks like a delimiter is neutralised: %s', (text) => {
  const fenced = fence(nonce, { kind: 'claim' }, `before ${text} after`);
  const inside = fenced.slice(fenced.indexOf('\n'), fenced.lastIndexOf('\n'));
  expect(inside).toMatch(/before \[/);
  expect(inside).not.toMatch(/[<＜‹]/);
});

test('everything else stays verbatim, so that quotes of it can be found', () => {
  const text = 'if (a<b && c > d) return <Untrust/>; // untrusted <<<<<<< HEAD';
  expect(fence(nonce, { kind: 'diff' }, text)).toContain(`\n${text}\n`);
});

test('no text can close its own fence', () => {
  const pieces = fc.array(fc.constantFrom('<', '/', 'untrusted', '-', nonce, '>', ' ', '\n', '＜', 'x'), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(pieces, (words) => {
      const fenced = fence(nonce, { kind: 'claim' }, words.join(''));
      expect(fenced.match(/<\s*\/?\s*untrusted/g)).toHaveLength(2);
    }),
  );
});
