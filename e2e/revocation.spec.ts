import { type Browser, expect, type Page, test } from '@playwright/test';
import { sessionCookieName } from '#auth/cookies.ts';
import { openDatabase } from '#db/client.ts';
import { localOwner, openSession } from '#services/account/index.ts';
import { faultsOf, startSampleAsNewWallet } from './sample.ts';

const { E2E_BASE_URL = '', E2E_DATABASE_URL = '' } = process.env;

/** By a session of their own: the one-time link is for the test of signing in, and a second one would end it. */
const signInAsOwner = async ({ browser }: { browser: Browser }): Promise<Page> => {
  const { db, close } = openDatabase(E2E_DATABASE_URL, { max: 1 });
  const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
  const { secret } = await openSession({ db, log }, await localOwner({ db }), 'cookie').finally(close);
  const context = await browser.newContext();
  await context.addCookies([{ name: sessionCookieName(E2E_BASE_URL), value: secret, url: E2E_BASE_URL }]);
  return context.newPage();
};

test('the installation’s owner disputes a certificate, its owner revokes it, and everybody sees both', async ({
  page,
  browser,
}) => {
  const faults = faultsOf(page);
  await startSampleAsNewWallet(page);
  const link = page.getByRole('link', { name: 'Read the certificate' });
  const certificate = (await link.getAttribute('href')) ?? '';

  const owners = await signInAsOwner({ browser });
  await owners.goto(certificate);
  await owners.getByText('Dispute this certificate').click();
  await owners.getByRole('textbox', { name: 'What is wrong with it' }).fill('It is <b>wrong</b>.');
  await owners.getByRole('button', { name: 'Dispute it' }).click();
  await expect(owners.getByRole('note').filter({ hasText: 'Disputed' })).toContainText('It is <b>wrong</b>.');

  const stranger = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await stranger.goto(certificate);
  await expect(stranger.getByRole('note').filter({ hasText: 'Disputed' })).toBeVisible();
  await expect(stranger.getByText('Revoke this certificate')).toHaveCount(0);

  await owners.getByText('Remove the words of the dispute').click();
  await owners.getByRole('button', { name: 'Remove them' }).click();
  await expect(owners.getByText('The words were removed').first()).toBeVisible();
  await owners.getByRole('button', { name: 'Close the dispute' }).click();
  await expect(owners.getByRole('note').filter({ hasText: 'Disputed' })).toHaveCount(0);

  await page.goto(certificate);
  await expect(page.getByText('Dispute this certificate')).toHaveCount(0);
  await page.getByText('Revoke this certificate').click();
  await page.getByRole('combobox', { name: 'Reason' }).selectOption('issued_in_error');
  await page.getByRole('button', { name: 'Revoke it' }).click();
  const revoked = (at: Page) => at.getByRole('note').filter({ hasText: 'Revoked' });
  await expect(revoked(page)).toContainText('It was issued in error.');
  await expect(page.getByText('Revoke this certificate')).toHaveCount(0);
  expect(faults).toEqual([]);

  await stranger.goto(certificate);
  await expect(revoked(stranger)).toBeVisible();
  await stranger.goto('/certificates');
  const row = stranger.getByRole('listitem').filter({ has: stranger.locator(`a[href="${certificate}"]`) });
  await expect(row.getByText('revoked', { exact: true })).toBeVisible();
  await stranger.goto(certificate);
  await stranger.getByRole('link', { name: 'Every attempt under this construct’s name' }).click();
  await expect(
    stranger.getByRole('row').filter({ has: stranger.locator(`a[href="${certificate}"]`) }),
  ).toContainText('revoked');
});
