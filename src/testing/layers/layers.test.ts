import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { covers, findCircles, findViolations } from './check.ts';
import { type Place, places } from './table.ts';

const src = join(import.meta.dirname, '../..');

/** Tests, and files that only tests import, may import anything. */
const isChecked = (file: string) => !/\.test\.tsx?$/.test(file) && !/^(?:testing|bench)\//.test(file);

const sources = new Map(
  globSync('**/*.{ts,tsx}', { cwd: src })
    .filter(isChecked)
    .map((file) => [file, readFileSync(join(src, file), 'utf8')]),
);

test('no file imports what its place may not', () => {
  expect(sources.size).toBeGreaterThan(300);
  expect(findViolations(sources)).toEqual([]);
});

test('no two files and no two folders import each other, directly or indirectly', () => {
  expect(findCircles(sources)).toEqual([]);
});

test('a place names only places before it, so that no layer imports upwards', () => {
  const before: string[] = [];
  for (const { at, imports } of places) {
    expect(
      imports.filter((name) => !before.some((one) => covers(name, one))),
      at,
    ).toEqual([]);
    before.push(at);
  }
});

test('every place in the table has files', () => {
  const isThere = (at: string) =>
    [...sources.keys()].some((file) => file === at || file.startsWith(`${at}/`));
  expect(places.filter(({ at }) => !at.includes('*') && !isThere(at)).map(({ at }) => at)).toEqual([]);
});

const isFile = (at: string) => /\.tsx?$/.test(at);
/** A file at a place. If the place is a folder, the file is in a folder below it. */
const fileAt = (at: string) => {
  if (at.includes('*')) return at.replace('**', 'api/planted');
  return isFile(at) ? at : `${at}/planted/thing.ts`;
};
const layerOf = (at: string) => at.split('/')[0];
const specifierOf = (from: string, { at, faced }: Place) => {
  if (layerOf(from) !== layerOf(at)) return `#${faced ? `${at}/index.ts` : fileAt(at)}`;
  return `${'../'.repeat(fileAt(from).split('/').length - 1)}${fileAt(at)}`;
};
const plant = (at: string, statement: string) => findViolations(new Map([[fileAt(at), statement]]));

describe.each(places)('a file at $at', ({ at, imports, packages = [] }) => {
  const others = places.filter((other) => other.at !== at);

  test('may import another place exactly if the table says so', () => {
    for (const other of others) {
      const found = plant(at, `import type { thing } from '${specifierOf(at, other)}';`);
      const isAllowed = imports.some((name) => covers(name, other.at));
      expect(found, other.at).toHaveLength(isAllowed ? 0 : 1);
    }
  });

  test('may import its own packages and no others', () => {
    for (const name of packages) {
      const specifier = name === 'node' ? 'node:fs' : name;
      expect(plant(at, `import thing from '${specifier}'; import other from '${specifier}/deep';`)).toEqual(
        [],
      );
    }
    expect(plant(at, "import thing from 'left-pad';")).toHaveLength(1);
    expect(plant(at, "import thing from '@other/package/deep';")).toHaveLength(1);
    if (!packages.includes('node')) expect(plant(at, "import { readFile } from 'node:fs';")).toHaveLength(1);
  });

  test('may not import test code, benches, or a folder that is not in the table', () => {
    for (const other of ['testing/rigs/database.ts', 'bench/tokens.ts', 'planted/unknown.ts'])
      expect(plant(at, `import { thing } from '#${other}';`), other).toHaveLength(1);
  });
});

test.each([
  ['services/run', "import { address } from '#start/address.ts';"],
  ['services/run', "import '#worker.ts';"],
  ['services/run', "import { trpc } from '#trpc/root.ts';"],
  ['verification/oracles', "import { fetch } from 'undici';"],
  ['verification/replay', "import { hexlify } from 'ethers';"],
  ['verification/text', "import { spawn } from 'node:child_process';"],
  ['components', "import { answer } from '#rest/answer.ts';"],
  ['components', "import { server } from '#app/server.ts';"],
  ['contracts', "import { sql } from 'drizzle-orm';"],
  ['trpc', "import { getComposition } from '#composition.ts';"],
  ['app', "import { getComposition } from '#composition.ts';"],
  ['services/run', "import { environment } from '#env.ts';"],
  ['platform/git', "import type { ServiceContext } from '#services/ground/index.ts';"],
  ['services/state', "import { bookCall } from '../../calls/spend.ts';"],
  ['services/calls', "import { createRun } from '../../run/create.ts';"],
  ['verification/judges/model', "import { client } from '../../providers/anthropic/client.ts';"],
  ['verification/certificate', "import { client } from '../../judges/providers/anthropic/client.ts';"],
  ['verification/canaries', "import { verdicts } from '../../judging/verdicts.ts';"],
  ['client', "import { appRouter } from '#trpc/root.ts';"],
  ['client', "import { type AppRouter, appRouter } from '#trpc/root.ts';"],
  ['rest', "import { createRun } from '#services/run/create.ts';"],
  ['jobs', "export { advanceBatches } from '#services/calls/batch/advance.ts';"],
  ['services/run', "import { runs } from '../../../db/schema/runs.ts';"],
  ['services/run', "import { target } from '#services/run/target.ts';"],
])('a violation at %s is found: %s', (at, statement) => {
  expect(plant(at, statement)).toHaveLength(1);
});

test.each([
  "import { thing } from 'left-pad';",
  "import type { Thing } from 'left-pad';",
  "import { type Thing } from 'left-pad';",
  "import 'left-pad';",
  "import * as all from 'left-pad';",
  "export { thing } from 'left-pad';",
  "export type { Thing } from 'left-pad';",
  "export * from 'left-pad';",
  "const thing = await import('left-pad');",
  'const thing = await import(`left-pad`);',
  "let thing: import('left-pad').Thing;",
  "import thing = require('left-pad');",
  "const thing = require('left-pad');",
  'const thing = await import(name);',
  "const thing = await import('left' + '-pad');",
])('an import in any form is seen: %s', (statement) => {
  expect(plant('contracts', statement)).toHaveLength(1);
});

test('the client may import types of the router', () => {
  expect(plant('client', "import type { AppRouter } from '#trpc/root.ts';")).toEqual([]);
  expect(plant('client', "import { type AppRouter } from '#trpc/root.ts';")).toEqual([]);
});

test('a file in a folder that is not in the table is found', () => {
  expect(findViolations(new Map([['helpers/thing.ts', 'export const thing = 1;']]))).toHaveLength(1);
});

describe('a circle is found', () => {
  test.each([
    ['of two files', { 'db/a.ts': "import './b.ts';", 'db/b.ts': "import type { A } from './a.ts';" }],
    [
      'of three files',
      { 'db/a.ts': "import './b.ts';", 'db/b.ts': "import './c.ts';", 'db/c.ts': "await import('./a.ts');" },
    ],
    [
      'of two folders whose files form none',
      { 'db/x/a.ts': "import '../y/b.ts';", 'db/y/c.ts': "import '../x/d.ts';" },
    ],
    [
      'of a folder and a folder below it',
      { 'db/a.ts': "import './y/b.ts';", 'db/y/c.ts': "import '../d.ts';" },
    ],
  ])('%s', (_, planted) => {
    expect(findCircles(new Map(Object.entries(planted)))).toHaveLength(1);
  });

  test('but not if imports only share a target', () => {
    const planted = { 'db/a.ts': "import './b.ts'; import './c.ts';", 'db/b.ts': "import './c.ts';" };
    expect(findCircles(new Map(Object.entries(planted)))).toEqual([]);
  });
});
