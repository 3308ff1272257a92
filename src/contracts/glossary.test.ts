import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { glossary } from './glossary.ts';

const contributing = readFileSync(join(import.meta.dirname, '../../.github/CONTRIBUTING.md'), 'utf8');

test('CONTRIBUTING shows the glossary word for word', () => {
  const rows = [...contributing.matchAll(/^\| \*\*(.+?)\*\* \| (.+) \|$/gm)].map(([, word, meaning]) => [
    word,
    meaning,
  ]);
  expect(rows).toEqual(Object.entries(glossary));
});
