import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '../..');

/** Next prescribes the names that routes, pages and layouts export. */
const isNamedByNext = (file: string) => /^app\/.*\/?(?:route|page|layout)\.tsx?$/.test(file);

/** The functions and classes that a source exports in their declaration. */
const exportedFunctions = (file: string, source: string): string[] =>
  parseSync(file, source).program.body.flatMap((statement): string[] => {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : null;
    if (declared?.type === 'FunctionDeclaration' || declared?.type === 'ClassDeclaration')
      return declared.id === null ? [] : [declared.id.name];
    if (declared?.type !== 'VariableDeclaration') return [];
    return declared.declarations.flatMap(({ id, init }) =>
      id.type === 'Identifier' &&
      (init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression')
        ? [id.name]
        : [],
    );
  });

const sharedNames = (sources: [string, string][]): Record<string, string[]> => {
  const named = sources.flatMap(([file, source]) =>
    exportedFunctions(file, source).map((name) => ({ name, file })),
  );
  return Object.fromEntries(
    [...Map.groupBy(named, ({ name }) => name)]
      .filter(([, same]) => same.length > 1)
      .map(([name, same]) => [name, same.map(({ file }) => file)]),
  );
};

test('no two exported functions share a name', () => {
  const files = globSync('**/*.{ts,tsx}', { cwd: src }).filter((file) => !isNamedByNext(file));
  expect(files.length).toBeGreaterThan(500);
  expect(sharedNames(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]))).toEqual({});
});

test('a name that is exported twice is found in any form of declaration', () => {
  expect(
    sharedNames([
      ['a.ts', 'export const read = () => 1; export const most = 2; const write = () => 3;'],
      ['b.ts', 'export async function read() {} export const most = 2; export const write = () => 3;'],
      ['c.ts', 'export class Shut extends Error {} export { read } from "./a.ts";'],
      ['d.ts', 'export class Shut {}'],
    ]),
  ).toEqual({ read: ['a.ts', 'b.ts'], Shut: ['c.ts', 'd.ts'] });
});
