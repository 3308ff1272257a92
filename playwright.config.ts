import { defineConfig, devices } from '@playwright/test';

/** `npm run test:e2e` starts the built application, finds a browser, and passes both here. */
const { E2E_BASE_URL, E2E_CHROMIUM } = process.env;
if (!E2E_BASE_URL || !E2E_CHROMIUM) {
  throw new Error(
    'Start the browser tests with npm run test:e2e. It starts the built application and finds a browser.',
  );
}

const ofProcesses = /\/(?:deployment|outage|start|strangers)\.spec\.ts$/;

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // These bounds catch what hangs; they measure nothing. A busy machine takes many times as long.
  timeout: 300_000,
  expect: { timeout: 90_000 },
  // Tests of pages share one installation with one worker process, so in parallel they would only wait for each other.
  // Tests that kill and restart processes start their own, and mostly wait.
  workers: 3,
  projects: [
    { name: 'pages', testIgnore: ofProcesses, workers: 1 },
    { name: 'processes', testMatch: ofProcesses, workers: 2 },
  ],
  forbidOnly: true,
  use: {
    ...devices['Desktop Chrome'],
    baseURL: E2E_BASE_URL,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: E2E_CHROMIUM,
      // Chromium does not start its sandbox as root, and it calls home unless told not to.
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});
