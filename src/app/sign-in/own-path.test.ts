import { expect, test } from 'vitest';
import { ownPath } from './own-path.ts';

const url = 'http://127.0.0.1:3000';

test('a path of the installation is kept with its query', () => {
  expect(ownPath('/runs/new?repoUrl=a/b', url)).toBe('/runs/new?repoUrl=a/b');
});

test.each([
  undefined,
  '',
  'runs',
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/sign-in',
  '/\t/evil.example',
])('signing in never leads to another site: %j', (next) => {
  expect(ownPath(next, url)).toBe('/runs');
});
