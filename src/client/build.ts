import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * `npm run build:client`: writes the typed client as its own package to `dist` or the given folder, which it replaces.
 * It is JavaScript with declarations, because Node does not strip types below `node_modules`. It is a separate package,
 * because a caller needs none of the server's dependencies.
 */

const projectRoot = join(import.meta.dirname, '../..');
const output = resolve(process.argv[2] ?? join(projectRoot, 'dist'));
await rm(output, { recursive: true, force: true });

const compiler = join(projectRoot, 'node_modules/typescript/bin/tsc');
const declarations = spawnSync(
  process.execPath,
  [compiler, '--project', join(import.meta.dirname, 'tsconfig.build.json'), '--outDir', output],
  { stdio: 'inherit' },
);
if (declarations.status !== 0) process.exit(declarations.status ?? 1);
// The procedures' context appears in no call or answer, but its type would pull in the whole server and its packages.
await writeFile(join(output, 'trpc/routers/init.d.ts'), 'export type TrpcContext = object;\n');

await build({
  entryPoints: ['index.ts', 'check.ts'].map((name) => join(import.meta.dirname, name)),
  outdir: join(output, 'client'),
  bundle: true,
  format: 'esm',
  target: 'es2023',
  packages: 'external',
});

/** These declarations and all that they import, which names each by a path from `output`. */
const importedFrom = async (...files: string[]): Promise<string[]> => {
  const found = new Set<string>();
  for (const waiting = [...files]; ; ) {
    const file = waiting.pop();
    if (file === undefined) return [...found].toSorted();
    if (found.has(file)) continue;
    found.add(file);
    const text = await readFile(join(output, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/(?:from |import\()['"]([^'"]+)\.ts['"]/g))
      if (name.startsWith('#') || name.startsWith('.'))
        waiting.push(`${name.startsWith('#') ? name.slice(1) : join(dirname(file), name)}.d.ts`);
  }
};

/** The last ones are what checking certificates needs. */
const dependencies = [
  '@trpc/client',
  '@trpc/server',
  'eventsource',
  '@noble/curves',
  '@noble/hashes',
  '@scure/base',
  'canonicalize',
  'zod',
];
const server = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
const manifest = {
  name: server.name,
  version: server.version,
  description: 'The typed client of Echelon Verify.',
  type: 'module',
  exports: {
    '.': { types: './client/index.d.ts', default: './client/index.js' },
    './check': { types: './client/check.d.ts', default: './client/check.js' },
  },
  // Declarations import each other by the names that their sources use.
  imports: { '#*.ts': './*.d.ts' },
  // tsc also wrote declarations of other server files.
  files: [
    'client/index.js',
    'client/check.js',
    ...(await importedFrom('client/index.d.ts', 'client/check.d.ts')),
  ],
  dependencies: Object.fromEntries(dependencies.map((name) => [name, server.dependencies[name]])),
};
await writeFile(join(output, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
