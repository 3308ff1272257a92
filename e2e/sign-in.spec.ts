import { expect, test } from '@playwright/test';
import { startSampleAsNewWallet } from './sample.ts';
import { installWallet, signInWithNewWallet } from './wallet.ts';

const { E2E_SIGN_IN_LINK = '' } = process.env;

test('the one-time link signs in once and leaves no token in the address, and signing out ends the session', async ({
  page,
  browser,
}) => {
  await page.goto(E2E_SIGN_IN_LINK);
  await expect(page.getByRole('heading', { name: 'My runs' })).toBeVisible();
  const token = new URL(E2E_SIGN_IN_LINK).hash.slice('#link='.length);
  expect(token.length).toBeGreaterThan(20);
  expect(page.url()).not.toContain(token);
  for (const cookie of await page.context().cookies())
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' });

  const stranger = await browser.newContext();
  const late = await stranger.newPage();
  await late.goto(E2E_SIGN_IN_LINK);
  await expect(late.getByRole('alert').filter({ hasText: 'used already' })).toContainText(
    'Restart the installation',
  );
  await late.goto('/runs');
  await expect(late).toHaveURL(/\/sign-in\?next=%2Fruns$/);
  await stranger.close();

  const cookies = await page.context().cookies();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
  await page.goto('/runs');
  await expect(page).toHaveURL(/\/sign-in/);
  // The old cookie signs nobody in.
  await page.context().addCookies(cookies);
  await page.goto('/runs');
  await expect(page).toHaveURL(/\/sign-in/);
});

test('a wallet signs in and creates a run, which another wallet cannot find', async ({ page, browser }) => {
  await startSampleAsNewWallet(page);
  const address = page.url();
  await expect(page.getByRole('heading', { name: 'demonstration-oracle' })).toBeVisible();

  const other = await browser.newContext();
  const theirs = await other.newPage();
  await signInWithNewWallet(theirs);
  await expect(theirs.getByText('You have not started a run yet')).toBeVisible();
  const answer = await theirs.goto(address);
  expect(answer?.status()).toBe(404);
  await expect(theirs.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  await expect(theirs.getByText('demonstration-oracle')).toHaveCount(0);
  await other.close();
});

test('signing out everywhere ends the sessions of all browsers', async ({ page, browser }) => {
  await signInWithNewWallet(page);
  const [cookie] = (await page.context().cookies()).filter(({ name }) => name.endsWith('.session'));
  if (cookie === undefined) throw new Error('There is no session cookie.');
  const other = await browser.newContext();
  await other.addCookies([cookie]);
  const there = await other.newPage();
  await there.goto('/runs');
  await expect(there.getByRole('heading', { name: 'My runs' })).toBeVisible();

  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
  for (const window of [page, there]) {
    await window.goto('/runs');
    await expect(window).toHaveURL(/\/sign-in/);
  }
  await other.close();
});

test('signing in leads back to the page that required it, and never to another site', async ({ page }) => {
  await installWallet(page);
  await page.goto('/runs/new');
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fruns%2Fnew$/);
  await page.getByRole('button', { name: 'Sign in with Ethereum' }).click();
  await expect(page.getByRole('heading', { name: 'New run' })).toBeVisible();
  await page.goto('/sign-in?next=//evil.example/');
  await page.getByRole('button', { name: 'Sign in with Ethereum' }).click();
  await expect(page.getByRole('heading', { name: 'My runs' })).toBeVisible();
});

test('without a wallet, or after declining in it, the page says what to do', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in with Ethereum' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'no Ethereum wallet' })).toBeVisible();

  await page.addInitScript(() => {
    const request = () => Promise.reject(Object.assign(new Error('rejected'), { code: 4001 }));
    Object.assign(window, { ethereum: { request } });
  });
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in with Ethereum' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'You declined' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Sign in with Ethereum' })).toBeEnabled();
});
