import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
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
  entryPoints: [join(import.meta.dirname, 'index.ts')],
  outfile: join(output, 'client/index.js'),
  bundle: true,
  format: 'esm',
  target: 'es2023',
  packages: 'external',
});

const server = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
const manifest = {
  name: server.name,
  version: server.version,
  description: 'The typed client of Echelon Verify.',
  type: 'module',
  exports: { '.': { types: './client/index.d.ts', default: './client/index.js' } },
  // Declarations import each other by the names that their sources use.
  imports: { '#*.ts': './*.d.ts' },
  // Only what the client's declarations import. tsc also wrote declarations of other server files.
  files: ['client', 'contracts/errors.d.ts', 'trpc/routers/init.d.ts', 'trpc/root.d.ts'],
  dependencies: {
    '@trpc/client': server.dependencies['@trpc/client'],
    '@trpc/server': server.dependencies['@trpc/server'],
    eventsource: server.dependencies.eventsource,
  },
};
await writeFile(join(output, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
