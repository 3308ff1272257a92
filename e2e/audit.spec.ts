import { expect, type Page, test } from '@playwright/test';
import { faultsOf, startSampleAsNewWallet } from './sample.ts';
import { signInWithNewWallet } from './wallet.ts';

/** The page does not scroll sideways. */
const expectWithinScreen = async (page: Page, width: number) =>
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);

test('an owner audits a run by keyboard, blind, and the certificate shows the result; a stranger finds no audit', async ({
  page,
  browser,
}) => {
  const faults = faultsOf(page);
  await startSampleAsNewWallet(page);
  const run = page.url();
  await expect(page.getByText('completed', { exact: true })).toBeVisible();
  const certificate =
    (await page.getByRole('link', { name: 'Read the certificate' }).getAttribute('href')) ?? '';
  await page.getByRole('link', { name: 'Audit its claims' }).click();
  await expect(page.getByRole('heading', { name: 'Human audit' })).toBeVisible();
  await page.getByRole('button', { name: 'Begin the audit' }).click();

  const claim = (number: number) => page.getByRole('heading', { name: `Claim ${number} of` });
  await expect(claim(1)).toBeFocused();
  const size = Number((await claim(1).textContent())?.match(/of (\d+)/)?.[1]);
  expect(size).toBeGreaterThan(4);
  // Blind: no construct, no verdict. What the claim itself says may be about either.
  const asked = page.locator('section').filter({ has: claim(1) });
  const said = `${await page.locator('main header').textContent()}\n${await asked.textContent()}`;
  const claims = await asked.getByRole('listitem').allTextContents();
  expect(claims.reduce((text, one) => text.replace(one, ''), said)).not.toMatch(
    /demonstration-oracle|supported|quote/i,
  );
  await expect(page.getByRole('region', { name: 'Diff', exact: true })).toContainText('@@');

  await page.keyboard.press('t');
  await expect(claim(2)).toBeFocused();
  await page.keyboard.press('f');
  await expect(claim(3)).toBeFocused();
  await page.keyboard.press('c');
  await expect(claim(4)).toBeFocused();
  // Back to correct the last one, whose label shows.
  await page.keyboard.press('b');
  await expect(claim(3)).toBeFocused();
  await expect(page.getByRole('button', { name: 'Cannot tell' })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('t');
  await expect(claim(4)).toBeVisible();
  await expect(page.getByText(`3 of ${size} claims have a label`)).toBeVisible();

  // Begun is public, and nothing more. Left and opened again, it continues where it stopped.
  await page.goto(certificate);
  await expect(page.getByRole('heading', { name: 'Human audit' })).toBeVisible();
  await expect(page.getByText('and is not finished')).toBeVisible();
  await expect(page.getByText('Precision by this audit')).toHaveCount(0);
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [360, 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${run}/audit`);
      await expect(claim(4)).toBeFocused();
      await expectWithinScreen(page, width);
    }

  for (let number = 4; number < size; number += 1) {
    await page.keyboard.press('t');
    await expect(claim(number + 1)).toBeFocused();
  }
  // The last one by its button.
  await page.getByRole('button', { name: 'Cannot tell' }).click();
  const end = page.getByRole('heading', { name: 'Finish the audit' });
  await expect(end).toBeFocused();
  // Its label can still be corrected, by the button and by the key.
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(claim(size)).toBeFocused();
  await expect(page.getByRole('button', { name: 'Cannot tell' })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('f');
  await expect(end).toBeFocused();
  await page.keyboard.press('b');
  await expect(claim(size)).toBeFocused();
  await page.keyboard.press('c');
  await expect(end).toBeFocused();
  await page.getByRole('button', { name: 'Finish and publish' }).click();
  await expect(page.getByText('The audit is finished and published.')).toBeVisible();
  await expect(page.getByText(`${size - 2} true, 1 false, 1 cannot tell`)).toBeVisible();

  await page.getByRole('link', { name: 'Read it beside the certificate' }).click();
  await expect(page.getByText('Precision, by the owner’s audit')).toBeVisible();
  await expect(page.getByText('It is the owner’s word')).toBeVisible();
  const json = await page.request.get(
    (await page.getByRole('link', { name: 'This audit as JSON' }).getAttribute('href')) ?? '',
  );
  expect(await json.json()).toMatchObject({ size, result: { labels: { true: size - 2 } } });
  expect(faults).toEqual([]);

  const stranger = await browser.newPage();
  await signInWithNewWallet(stranger);
  await stranger.goto(`${run}/audit`);
  await expect(stranger.getByText('There is nothing here')).toBeVisible();
  await stranger.close();
});
