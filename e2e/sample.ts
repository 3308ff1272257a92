import type { Page } from '@playwright/test';
import { signInWithNewWallet } from './wallet.ts';

/** Signs a new wallet in and starts the sample. Resolves on the page of its run. */
export const startSampleAsNewWallet = async (page: Page): Promise<void> => {
  await signInWithNewWallet(page);
  await page.getByRole('button', { name: 'Run the sample' }).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
};

/** The errors of a page's console and scripts, as they come. */
export const faultsOf = (page: Page): string[] => {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  return faults;
};
