import { defineConfig } from 'vitest/config';

const shared = {
  // These bounds catch what hangs; they measure nothing. A busy machine takes many times as long. A test that sets a
  // shorter bound relies on being quick and fails on such a machine.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 120_000 } },
  // Modules are loaded once a worker, not once a file: a fifth of the time. Tests leave no state behind in them.
  isolate: false,
  unstubEnvs: true,
  unstubGlobals: true,
  setupFiles: ['src/testing/runners/fail-on-console-error.ts'],
};

export default defineConfig({
  test: {
    // Database tests wait more than they compute, so a small machine may run more of them than it has cores.
    maxWorkers: 6,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.{ts,tsx}'],
          exclude: ['src/**/*.{db,clock}.test.ts'],
        },
      },
      {
        // A project of their own, so that only these wait for Postgres.
        test: {
          ...shared,
          name: 'database',
          include: ['src/**/*.db.test.ts'],
          globalSetup: ['src/testing/runners/global-setup.ts'],
        },
      },
      {
        // These measure how soon something happens, or wait for minutes. They run alone, in `npm run test:long`.
        test: {
          ...shared,
          name: 'clock',
          include: ['src/**/*.clock.test.ts'],
          fileParallelism: false,
          globalSetup: ['src/testing/runners/global-setup.ts'],
        },
      },
    ],
  },
});
