import { expect, test } from 'vitest';
import { startCpuTime } from '#testing/rigs/cpu-time.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { decodablePath } from './decodable-path.ts';

test.each([
  ['/certificates/%ff', '/certificates/%25ff'],
  ['/api/v1/verification/runs/%', '/api/v1/verification/runs/%25'],
  ['/api/v1/verification/runs/%e0%a4/cancel?x=%ff', '/api/v1/verification/runs/%25e0%25a4/cancel?x=%ff'],
  // A surrogate in UTF-8, an overlong form, and a valid character beside invalid bytes.
  ['/%ed%a0%80', '/%25ed%25a0%2580'],
  ['/%c0%80', '/%25c0%2580'],
  ['/%c3%a9/%zz/%ff', '/%c3%a9/%25zz/%25ff'],
])('%s can be decoded as %s', (target, expected) => {
  expect(decodablePath(target)).toBe(expected);
});

test.each(['/', '/certificates/%00', '/a%20b?c=%ff', '/%F0%9F%98%80', '/a?%', '/a#%'])(
  '%s stays as it is',
  (target) => {
    expect(decodablePath(target)).toBe(target);
  },
);

test('any target gets a path that can be decoded, and none is changed twice', () => {
  const piece = fc.oneof(fc.constantFrom('%', '%f', '%ff', '%e0%a4', '%25', '/', '?', 'a'), fc.string());
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const once = decodablePath(`/${pieces.join('')}`.toWellFormed());
      expect(() => decodeURIComponent(once.split(/[?#]/)[0] ?? '')).not.toThrow();
      expect(decodablePath(once)).toBe(once);
    }),
  );
});

test('whatever bytes a path holds, exactly the characters that decodeURIComponent knows are kept', () => {
  const decodes = (path: string) => {
    try {
      decodeURIComponent(path);
      return true;
    } catch {
      return false;
    }
  };
  const byte = fc.oneof(
    fc.constantFrom(0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5),
    fc.nat(255),
  );
  fc.assert(
    fc.property(fc.array(byte, { minLength: 1, maxLength: 4 }), (bytes) => {
      const path = `/${bytes.map((one) => `%${one.toString(16).padStart(2, '0')}`).join('')}`;
      expect(decodablePath(path) === path).toBe(decodes(path));
    }),
  );
});

test('100 KB of percent signs take milliseconds', () => {
  const usedMs = startCpuTime();
  for (const part of ['%', '%f0', '%e4%b8']) decodablePath(`/${part.repeat(100_000 / part.length)}`);
  expect(usedMs()).toBeLessThan(500);
});
