import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The table of the house (README of the layers: .github/CONTRIBUTING.md): who may import what, `#` aliases only. */
const layers = [
  'contracts',
  'verification',
  'db',
  'queue',
  'services',
  'jobs',
  'auth',
  'trpc',
  'rest',
  'app',
  'components',
  'client',
  'cli',
  'testing',
  'bench',
];
const mayImport: Record<string, string[]> = {
  contracts: [],
  verification: ['contracts'],
  db: ['contracts'],
  queue: ['db', 'contracts'],
  services: ['verification', 'queue', 'db', 'contracts'],
  jobs: ['services', 'queue', 'contracts'],
  auth: ['services', 'db', 'contracts'],
  trpc: ['services', 'auth', 'contracts'],
  rest: ['services', 'auth', 'contracts'],
  app: ['components', 'trpc', 'rest', 'auth', 'contracts', 'verification/certificate'],
  components: ['app', 'trpc', 'rest', 'auth', 'contracts', 'verification/certificate'],
  client: ['contracts', 'verification/certificate'],
  cli: ['client', 'verification', 'services', 'db', 'contracts'],
};

type Probe = { layer: string; source: string; allowed: boolean };

const probes: Probe[] = Object.entries(mayImport).flatMap(([layer, allowed]) => [
  ...layers
    .filter((other) => other !== layer)
    .map((other) => ({ layer, source: `#${other}/planted/thing.ts`, allowed: allowed.includes(other) })),
  { layer, source: `../../../${layer === 'db' ? 'queue' : 'db'}/planted/thing.ts`, allowed: false },
  {
    layer,
    source: '#verification/certificate/thing.ts',
    allowed: allowed.some((a) => a.startsWith('verification')) || layer === 'verification',
  },
  { layer, source: '#composition.ts', allowed: false },
  { layer, source: './thing.ts', allowed: true },
]);
probes.push(
  { layer: 'contracts', source: 'zod', allowed: true },
  { layer: 'contracts', source: 'drizzle-orm', allowed: false },
  { layer: 'contracts', source: 'node:fs', allowed: false },
  { layer: 'verification', source: 'node:fs', allowed: false },
  { layer: 'verification', source: 'node:child_process', allowed: false },
  { layer: 'verification', source: 'drizzle-orm', allowed: false },
  // The client takes the router's type from there, and nothing else.
  { layer: 'client', source: '#trpc/root.ts', allowed: false },
);

// In a folder of its own, under the project's own rules, so that nothing is ever planted in the sources.
let root: string;
const fileOf = (probe: Probe, index: number) =>
  join('src', probe.layer, 'planted', 'deep', `probe-${index}.ts`);
let restricted: Set<string>;

beforeAll(() => {
  const project = join(import.meta.dirname, '../..');
  root = mkdtempSync(join(tmpdir(), 'layers-'));
  const rules = JSON.parse(readFileSync(join(project, 'biome.json'), 'utf8'));
  writeFileSync(join(root, 'biome.json'), JSON.stringify({ ...rules, $schema: undefined, vcs: undefined }));
  probes.forEach((probe, index) => {
    const file = join(root, fileOf(probe, index));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `import { thing } from '${probe.source}';\n\nexport const planted = thing;\n`);
  });
  const biome = spawnSync(
    join(project, 'node_modules/.bin/biome'),
    ['lint', '--only=style/noRestrictedImports', '--reporter=json', '--max-diagnostics=none', 'src'],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const report = JSON.parse(biome.stdout) as { diagnostics: { location: { path: string } }[] };
  restricted = new Set(report.diagnostics.map(({ location }) => location.path));
}, 60_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each(probes.map((probe, index) => ({ ...probe, file: fileOf(probe, index) })))(
  'src/$layer importing $source is allowed: $allowed',
  ({ allowed, file }) => {
    expect(restricted.has(file)).toBe(!allowed);
  },
);
