import { defineConfig } from 'vitest/config';

const shared = {
  // Bounds for what hangs, not measures: a machine that is busy otherwise takes many times as long. A test that gives a
  // shorter one of its own relies on being quick, and fails where it is not.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 120_000 } },
  setupFiles: ['src/testing/runners/fail-on-console-error.ts'],
};

export default defineConfig({
  test: {
    // Database tests wait more than they compute, so a small machine may run more of them than it has cores.
    maxWorkers: 4,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.{ts,tsx}'],
          exclude: ['src/**/*.db.test.ts'],
        },
      },
      {
        // Apart, so that only these wait for a Postgres.
        test: {
          ...shared,
          name: 'database',
          include: ['src/**/*.db.test.ts'],
          globalSetup: ['src/testing/runners/global-setup.ts'],
        },
      },
    ],
  },
});
