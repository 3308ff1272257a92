import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startInstallation } from '../rigs/installation.ts';
import { findChromium } from './chromium.ts';

/** `npm run test:e2e` runs the browser tests against the built application. Arguments go to Playwright. */

const projectRoot = join(import.meta.dirname, '../../..');

const run = async (): Promise<number> => {
  const browser = await findChromium();
  const installation = await startInstallation();
  try {
    const playwright = spawn(
      process.execPath,
      [join(projectRoot, 'node_modules/@playwright/test/cli.js'), 'test', ...process.argv.slice(2)],
      {
        cwd: projectRoot,
        stdio: 'inherit',
        env: {
          ...process.env,
          E2E_CHROMIUM: browser,
          E2E_BASE_URL: installation.baseUrl,
          E2E_SIGN_IN_LINK: installation.signInLink,
          E2E_DATABASE_URL: installation.databaseUrl,
        },
      },
    );
    // Playwright handles Ctrl-C itself. This process must outlive it, to stop the installation.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => playwright.kill(signal));
    const [code] = await once(playwright, 'exit');
    return code ?? 1;
  } finally {
    await installation.stop();
  }
};

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
