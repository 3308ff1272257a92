import { spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The client as another application installs it: packed, then unpacked beside its dependencies and nothing else. */
const projectRoot = join(import.meta.dirname, '../..');
const installed = join(projectRoot, 'node_modules');
const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
const application = mkdtempSync(join(tmpdir(), 'echelon-application-'));
const client = join(application, 'node_modules/echelon-verify');
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
const golden = join(import.meta.dirname, '../testing/fixtures/golden-certificate');

const run = (command: string, ...argv: string[]) => {
  const { status, stdout, stderr } = spawnSync(command, argv, { cwd: application, encoding: 'utf8' });
  return { status, said: stdout + stderr };
};

/** An unresolved type becomes `any`, with which everything would compile. */
const typed = `
import type { EchelonClient } from 'echelon-verify';
import { checkBundle } from 'echelon-verify/check';

type IsAny<T> = 0 extends 1 & T ? true : false;
declare const echelon: EchelonClient;
const certificate = await echelon.certificate.byId.query({ id: 'x' });
const brier: number = certificate.brier;
export const no: [IsAny<typeof certificate>, IsAny<typeof brier>] = [false, false];
const check = checkBundle({ bundle: new Uint8Array(), evidence: new Uint8Array(), now: new Date() });
const verdict: 'valid' | 'invalid' | 'undecided' = check.verdict;
export const known: [IsAny<typeof check>, IsAny<typeof verdict>] = [false, false];
// @ts-expect-error -- a certificate has no such field.
certificate.planted;
// @ts-expect-error -- a run needs a repository.
await echelon.run.create.mutate({ constructId: 'my-oracle' });
echelon.run.changes.subscribe({ id: 'x' }, {
  onData: (run) => {
    const total: number = run.total;
    // @ts-expect-error -- a run has no such field.
    run.planted;
    console.log(total);
  },
});
`;

beforeAll(() => {
  const modules = join(application, 'node_modules');
  for (const name of [...dependencies, '@types/node']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(installed, name), join(modules, name));
  }
  const built = join(application, 'built');
  const [tarball] = readme.match(/echelon-verify-[\d.]+\.tgz/) ?? [];
  const [, sample] = readme.match(/```ts\n(\s+import .* from 'echelon-verify';.*?)```/s) ?? [];
  if (tarball === undefined || sample === undefined) throw new Error('README.md does not show the client.');
  for (const [command, ...argv] of [
    [process.execPath, join(import.meta.dirname, 'build.ts'), built] as const,
    ['npm', 'pack', built, '--pack-destination', application] as const,
    ['tar', '-xzf', tarball, '-C', modules] as const,
  ])
    expect(run(command, ...argv)).toMatchObject({ status: 0 });
  renameSync(join(modules, 'package'), client);
  writeFileSync(join(application, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(application, 'sample.ts'), sample);
  writeFileSync(join(application, 'typed.ts'), typed);
});
afterAll(() => rmSync(application, { recursive: true, force: true }));

test.each([
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
])(
  'the README’s sample compiles in another application under $moduleResolution, typed from input to answer',
  ({ module, moduleResolution }) => {
    const compiled = run(
      process.execPath,
      join(installed, 'typescript/bin/tsc'),
      ...['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023', '--types', 'node'],
      ...['--module', module, '--moduleResolution', moduleResolution, 'sample.ts', 'typed.ts'],
    );
    expect(compiled).toEqual({ status: 0, said: '' });
  },
);

test('every declaration that the package imports is in it or in its dependencies', () => {
  // The compiler takes a missing declaration for `any`, mostly without a word.
  const manifest = JSON.parse(readFileSync(join(client, 'package.json'), 'utf8'));
  expect(Object.keys(manifest.dependencies)).toEqual(dependencies);
  const names = globSync('**/*.d.ts', { cwd: client }).flatMap((file) =>
    [...readFileSync(join(client, file), 'utf8').matchAll(/(?:from |import\()['"]([^'"]+)['"]/g)].map(
      ([, name = '']) => (name.startsWith('.') ? `#${join(dirname(file), name)}` : name),
    ),
  );
  expect(names).toContain('#trpc/root.ts');
  const isThere = (name: string) =>
    name.startsWith('#')
      ? existsSync(join(client, name.slice(1).replace(/\.ts$/, '.d.ts')))
      : dependencies.includes(name);
  expect(names.filter((name) => !isThere(name))).toEqual([]);
});

test('Node runs the packed client, and its request reaches the installation', () => {
  const program = `
    import { createEchelonClient } from 'echelon-verify';
    const fetch = async (url, { headers }) => {
      console.log(new URL(url).pathname, headers.authorization);
      return Response.json([{ result: { data: { certificates: [] } } }]);
    };
    const echelon = createEchelonClient({ baseUrl: 'http://127.0.0.1:3000', token: 'planted', fetch });
    console.log(JSON.stringify(await echelon.certificate.list.query({ sort: 'brier_asc' })));
  `;
  writeFileSync(join(application, 'program.js'), program);
  expect(run(process.execPath, 'program.js')).toEqual({
    status: 0,
    said: '/api/trpc/certificate.list Bearer planted\n{"certificates":[]}\n',
  });
});

test('the packed check names what is wrong with a certificate, and asks nobody', () => {
  const program = `
    import { readFileSync } from 'node:fs';
    import { checkBundle, failureWords } from 'echelon-verify/check';
    globalThis.fetch = () => { throw new Error('asked'); };
    const read = (name) => readFileSync(${JSON.stringify(golden)} + '/' + name);
    const none = { index: 0, entry: '', proof: [] };
    const bundle = (jws) => Buffer.from(JSON.stringify({
      type: 'echelon-bundle/v1', jws, jwks: { keys: [] },
      log: { vkeys: [], checkpoint: '', registration: none, certificate: none } }));
    const jws = String(read('certificate.jws'));
    const jwks = JSON.parse(read('jwks.json'));
    const now = new Date('2026-01-02T00:00:00Z');
    for (const signature of [jws, jws.replace(/.{10}$/, 'AAAAAAAAAA')])
      for (const { code } of checkBundle({ bundle: bundle(signature), evidence: read('evidence.jsonl'), jwks, now }).failures)
        console.log(code, failureWords[code].length > 0);
  `;
  writeFileSync(join(application, 'check.js'), program);
  // The golden certificate is the command line's, which no log holds.
  expect(run(process.execPath, 'check.js')).toEqual({
    status: 0,
    said: 'registration true\nsignature true\n',
  });
});

test('the packed client streams a subscription, with its token, until the stream ends', async () => {
  const program = `
    import { createServer } from 'node:http';
    import { createEchelonClient } from 'echelon-verify';
    const server = createServer((request, response) => {
      console.log(new URL(request.url, 'http://x').pathname, request.headers.authorization);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('event: connected\\ndata: {}\\n\\ndata: {"status":"PENDING"}\\n\\nevent: return\\ndata:\\n\\n');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = \`http://127.0.0.1:\${server.address().port}\`;
    const echelon = createEchelonClient({ baseUrl, token: 'planted' });
    echelon.run.changes.subscribe({ id: 'x' }, {
      onData: (run) => console.log(run.status),
      onError: (error) => console.log(error.message),
      onComplete: () => server.close(),
    });
  `;
  writeFileSync(join(application, 'stream.js'), program);
  expect(run(process.execPath, 'stream.js')).toEqual({
    status: 0,
    said: '/api/trpc/run.changes Bearer planted\nPENDING\n',
  });
});
