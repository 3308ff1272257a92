import { expect, test } from '@playwright/test';
import { startOracleFake } from '#testing/fakes/oracles/http-fake.ts';
import {
  githubToken,
  openRealInstallation,
  oracleSecret,
  type RealInstallation,
} from './real-installation.ts';

let real: RealInstallation;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
  real = await openRealInstallation(browser);
});

test.afterAll(() => real.close());

test('a failed run shows why, and a new form keeps all but its secrets', async () => {
  const { page, fill, start, expectNoSecret } = real;
  await fill('octo/nothing');
  await start();
  await expect(page.getByText('The run failed.')).toBeVisible();
  await expect(page.getByRole('alert').filter({ hasText: 'Why it failed' })).toContainText('octo/nothing');
  await expectNoSecret();

  // Nothing was drawn, so it cannot be resumed, and a new attempt must read the repository again.
  const failed = page.url();
  await expect(page.getByRole('button', { name: 'Resume' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('form', { name: 'Retry this run' })).toBeFocused();
  await page.getByLabel('Value of the header Authorization').fill(oracleSecret);
  await page.getByRole('button', { name: 'Start the new attempt' }).click();
  await expect(page.getByLabel('GitHub token')).toBeFocused();
  await expect(page.getByLabel('GitHub token')).toHaveAccessibleDescription(/Give it again/);
  await page.getByLabel('GitHub token').fill(githubToken);
  await page.getByRole('button', { name: 'Start the new attempt' }).click();
  await page.waitForURL((url) => url.href !== failed);
  await expect(page.getByText('The run failed.')).toBeVisible();
  await expect(page.getByText('Another attempt on the same changes')).toBeVisible();
  await expectNoSecret();

  await page.getByRole('link', { name: 'Start again' }).click();
  await expect(page.getByLabel('Repository', { exact: true })).toHaveValue('octo/nothing');
  await expect(page.getByLabel('Construct')).toHaveValue('describer');
  await expect(page.getByLabel('GitHub token')).toHaveValue('');
  await expect(page.getByRole('textbox', { name: 'Address', exact: true })).toHaveValue('');
});

test('the form estimates the cost by the model’s own tokeniser, and asks neither oracle nor judge', async () => {
  const { anthropic, oracle, page, fill } = real;
  await fill('octo/widgets');
  const before = [oracle.requests.length, anthropic.requests.length];
  const estimate = page.getByRole('button', { name: 'Estimate the cost' });
  const limit = page.getByLabel('Cost limit');
  await limit.fill('2,50');
  await estimate.click();
  await expect(limit).toBeFocused();
  await expect(limit).toHaveAccessibleDescription(/for example 2\.50/);
  await expect(page.getByRole('alert').filter({ hasText: 'The cost was not estimated' })).toBeVisible();

  await expect(limit).toHaveAccessibleDescription(/this installation has no daily limit/);
  await limit.fill('100');
  // The estimate is the same for every oracle, so it needs none.
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill('');
  await page.getByLabel('Construct').fill('');
  await estimate.click();
  const found = page.getByRole('alert').filter({ hasText: 'Judging would cost' });
  await expect(found).toContainText(/US\$ 0\.\d+ to US\$ \d+\.\d+/);
  await expect(found).toContainText('5 replays');
  // Seven calls for each change, each made at most twice.
  await expect(page.getByText('35 to 70')).toBeVisible();
  await expect(page.getByText(/counted by the model’s own tokeniser/)).toBeVisible();

  // A change that does not affect the estimate leaves it as it was. One that does marks it as outdated.
  await page.getByLabel('Construct').fill('describer');
  await expect(found).toBeVisible();
  const outdated = page.getByRole('alert').filter({ hasText: 'The form has changed since the cost' });
  await page.getByLabel('Economy mode').check();
  await expect(outdated).toContainText(/Judging would have cost US\$ 0\.\d+ to/);
  await expect(page.getByText('35 to 70')).toHaveCount(0);
  await page.getByLabel('Economy mode').uncheck();
  await expect(outdated).toHaveCount(0);
  await expect(page.getByText('35 to 70')).toBeVisible();

  await page.getByLabel('Agreement', { exact: true }).selectOption('all replays');
  await page.getByLabel('Model for agreement').fill('claude-opus-5-5');
  await estimate.click();
  await expect(page.getByText('50 to 100')).toBeVisible();
  const [least = 0, most = 0] = ((await found.textContent())?.match(/\d+\.\d+/g) ?? []).map(Number);
  await limit.fill(((least + most) / 2).toFixed(4));
  await estimate.click();
  await expect(found).toContainText('The upper end is above your limit');
  await limit.fill('0.01');
  await estimate.click();
  await expect(found).toContainText('Even the lower end is above your limit');
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.setViewportSize({ width: 1280, height: 720 });
  expect([oracle.requests.length, anthropic.requests.length]).toEqual(before);

  await page.getByLabel('Repository', { exact: true }).fill('octo/unknown');
  await estimate.click();
  await expect(page.getByLabel('Repository', { exact: true })).toHaveAccessibleDescription(/does not exist/);

  // The free judge hides these choices. The paid one, chosen again, still has them.
  await page.getByRole('radio', { name: /Offline/ }).check();
  await expect(limit).toBeHidden();
  await expect(estimate).toHaveCount(0);
  await page.getByRole('radio', { name: /Anthropic/ }).check();
  await expect(limit).toHaveValue('0.01');
});

test('a run stops at its cost limit, says so, and gets its certificate when resumed with a higher limit', async () => {
  const { page, fill, start, expectNoSecret } = real;
  await fill('octo/gadgets');
  // About half of this run's cost.
  await page.getByLabel('Cost limit').fill('0.1');
  await start();
  await expect(page.getByText('The run failed.')).toBeVisible();
  await expect(page.getByRole('alert').filter({ hasText: 'Why it failed' })).toContainText(
    /The run’s limit for its judge is reached: \$0\.\d\d of \$0\.10 are spent/,
  );
  await expect(page.getByText(/^US\$ 0\.(?!0000)\d{4}/)).toBeVisible();
  await expect(page.getByText('Its limit is US$ 0.1000.')).toBeVisible();

  const stopped = page.url();
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByRole('form', { name: 'Resume this run' })).toBeFocused();
  const header = page.getByLabel('Value of the header Authorization');
  const resume = page.getByRole('button', { name: 'Start the resumed run' });
  await resume.click();
  await expect(header).toBeFocused();
  await expect(header).toHaveAccessibleDescription(/Give its value again/);
  await header.fill(oracleSecret);
  const newLimit = page.getByLabel('New cost limit');
  await newLimit.fill('0.0001');
  await resume.click();
  await expect(newLimit).toBeFocused();
  await expect(newLimit).toHaveAccessibleDescription(/This attempt has cost US\$ 0\.\d+ already/);
  await newLimit.fill('5');
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.setViewportSize({ width: 1280, height: 720 });
  await resume.click();
  await page.waitForURL((url) => url.href !== stopped);

  await expect(page.getByText('5 of 5 replays ended')).toBeVisible();
  await expect(page.getByText('Its limit is US$ 5.00.')).toBeVisible();
  await expect(
    page.getByText(/^[\d,]+ in, [\d,]+ written to and [\d,]+ read from the cache, [\d,]+ out$/),
  ).toBeVisible();
  await expect(page.getByRole('link', { name: stopped.slice(-36) })).toHaveAttribute(
    'href',
    new URL(stopped).pathname,
  );
  await expectNoSecret();
  await page.getByRole('link', { name: 'Read the certificate' }).click();
  await expect(page.locator('[data-replay]')).toHaveCount(5);

  // A run can be resumed only once: resuming it again would pay for the same steps twice.
  await page.goto(stopped);
  await expect(page.getByRole('button', { name: 'Retry' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Resume' })).toHaveCount(0);
});

test('a run cancelled on its page makes no more calls and ends as failed', async () => {
  const { page, fill, start } = real;
  const silent = await startOracleFake(() => ({ kind: 'stalled' }));
  try {
    await fill('octo/widgets');
    await page.getByRole('textbox', { name: 'Address', exact: true }).fill(silent.url);
    await page.getByRole('radio', { name: /Offline/ }).check();
    await start();
    await expect.poll(() => silent.requests.length).toBeGreaterThan(0);

    const cancel = page.getByRole('button', { name: 'Cancel this run' });
    await cancel.click();
    await expect(page.getByRole('group', { name: 'Cancel this run?' })).toBeFocused();
    await expect(page.getByText('It makes no more calls and ends as failed.')).toBeVisible();
    await page.getByRole('button', { name: 'Keep it running' }).click();
    await expect(cancel).toBeFocused();
    await expect(page.getByRole('group', { name: 'Cancel this run?' })).toHaveCount(0);

    await cancel.click();
    await page.getByRole('button', { name: 'Yes, cancel it' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'The run was cancelled.' })).toBeFocused();
    await expect(page.getByRole('alert').filter({ hasText: 'Why it failed' })).toContainText(
      'Cancelled by its owner',
    );
    await expect(cancel).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Retry' })).toBeVisible();
    // A free judge has no cost to show.
    await expect(page.getByText('Cost of judging')).toHaveCount(0);
  } finally {
    await silent.close();
  }
});

test('a run in economy mode says what it waits for and, once cancelled, that its batch will still be charged', async () => {
  const { anthropic, page, fill, start } = real;
  await fill('octo/widgets');
  await page.getByLabel('Economy mode').check();
  await start();
  await expect(page.getByText('hours instead of minutes').first()).toBeVisible();
  await expect(
    page.getByText(/Waiting for a batch of \d+ calls that was sent at .* UTC; most end within an hour/),
  ).toBeVisible();

  await page.getByRole('button', { name: 'Cancel this run' }).click();
  await expect(page.getByRole('group', { name: 'Cancel this run?' })).toHaveAccessibleDescription(
    /Batches already sent are still charged/,
  );
  await page.getByRole('button', { name: 'Yes, cancel it' }).click();
  await expect(page.getByText('The run was cancelled.')).toBeVisible();
  await expect(page.getByText(/^US\$ 0\.00 so far/)).toBeVisible();
  await expect(page.getByText(/A batch already sent will still be charged/)).toBeVisible();
  await anthropic.endBatches();
});
