import { expect, type Page, test } from '@playwright/test';
import postgres from 'postgres';
import { startSampleAsNewWallet } from './sample.ts';
import { signInWithNewWallet } from './wallet.ts';

const { E2E_DATABASE_URL = '' } = process.env;

const width = 390;

/** The page does not scroll sideways, and all controls are within the screen. */
const expectWithinScreen = async (page: Page) => {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  const outside = await page.locator('main :is(a, button, input, select, summary)').evaluateAll(
    (controls, most) =>
      controls
        .filter((control) => control.checkVisibility())
        .filter((control) => {
          const { left, right } = control.getBoundingClientRect();
          return left < 0 || right > most;
        })
        .map((control) => control.outerHTML.slice(0, 200)),
    width,
  );
  expect(outside).toEqual([]);
};

/** Gives a run the longest possible names, and an error of one long word. */
const lengthen = async (runId: string) => {
  const sql = postgres(E2E_DATABASE_URL, { max: 1 });
  try {
    await sql`
      update verification_runs
      set construct_id = ${'c'.repeat(255)}, repo_url = ${`https://host.example/${'r'.repeat(400)}`},
          error = ${'e'.repeat(600)}
      where id = ${runId}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
};

test('on a phone the form, a run and the list of runs fit the screen’s width in both themes, however long the names are', async ({
  page,
}) => {
  await page.setViewportSize({ width, height: 844 });
  await startSampleAsNewWallet(page);
  const address = page.url();
  await expectWithinScreen(page);
  await page.getByRole('button', { name: 'Cancel this run' }).click();
  await expectWithinScreen(page);
  await page.getByRole('button', { name: 'Yes, cancel it' }).click();
  await expect(page.getByText('The run was cancelled.')).toBeVisible();
  await lengthen(address.slice(-36));

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(address);
    await expectWithinScreen(page);
    await page.goto('/runs');
    await expectWithinScreen(page);
    await page.goto('/runs/new');
    await page.getByRole('button', { name: 'Add a header' }).click();
    await page.getByText('Narrow or fix the sample').click();
    await page.getByRole('button', { name: 'Start the run' }).click();
    await expect(page.getByLabel('Repository', { exact: true })).toBeFocused();
    await expectWithinScreen(page);
  }
});

test('every control of the form has a name, and every invalid one says why', async ({ page }) => {
  await signInWithNewWallet(page);
  await page.goto('/runs/new');
  await page.getByRole('button', { name: 'Add a header' }).click();
  await page.getByLabel('Value of header 1').fill('no name');
  await page.getByText('Narrow or fix the sample').click();
  await page.getByRole('button', { name: 'Start the run' }).click();
  const controls = page.locator('main form :is(input, select):visible');
  for (const control of await controls.all()) await expect(control).toHaveAccessibleName(/\S/);
  const wrong = page.locator('main form [aria-invalid="true"]:visible');
  await expect(wrong).toHaveCount(5);
  for (const control of await wrong.all()) {
    const error = (await control.getAttribute('aria-describedby'))
      ?.split(' ')
      .find((id) => id.endsWith('-error'));
    await expect(page.locator(`[id="${error}"]`)).toHaveText(/\S/);
  }
});
