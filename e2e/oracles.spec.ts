import { expect, test } from '@playwright/test';
import { startChatFake } from '#testing/fakes/oracles/chat-fake.ts';
import { freePort } from '../src/db/embedded/free-port.ts';
import { openRealInstallation, oracleSecret, type RealInstallation } from './real-installation.ts';

let real: RealInstallation;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
  real = await openRealInstallation(browser);
});

test.afterAll(() => real.close());

test('the form verifies a GitHub repository with the model judge, and the certificate names the model', async () => {
  const { oracle, page, fill, start, expectNoSecret } = real;
  await fill('octo/widgets');
  await expect(page.getByRole('radio', { name: /Anthropic/ })).toBeChecked();
  await start();
  await expect(page.getByText('5 of 5 replays ended')).toBeVisible();
  await expectNoSecret();
  await page.getByRole('link', { name: 'Read the certificate' }).click();

  await expect(page.getByRole('heading', { name: 'describer' })).toBeVisible();
  await expect(page.getByText('claude-sonnet-5-5').first()).toBeVisible();
  await expect(page.getByText('UNVERIFIED · v1-preview')).toBeVisible();
  await expect(page.getByText('Offline check', { exact: true })).toHaveCount(0);
  await expect(page.locator('[data-replay]')).toHaveCount(5);
  await expect(page.getByText(/^US\$ 0\.\d+$/)).toBeVisible();
  await expectNoSecret();
  expect(oracle.requests).toHaveLength(5);
  for (const { headers } of oracle.requests) expect(headers.authorization).toBe(oracleSecret);
});

test('the form verifies a model behind a chat-completions endpoint', async () => {
  const { page, fill, expectNoSecret } = real;
  const chat = await startChatFake(() => ({
    kind: 'content',
    content: JSON.stringify({ summary: 'A constant was added.', key_claims: ['A constant was added'] }),
  }));
  try {
    await fill('octo/widgets');
    await page.getByLabel('Type').selectOption('chat');
    await page.getByRole('textbox', { name: 'Address', exact: true }).fill(chat.url);
    await page.getByRole('button', { name: 'Start the run' }).click();
    await expect(page.getByRole('textbox', { name: 'Model', exact: true })).toHaveAccessibleDescription(
      /Required/,
    );
    await page.getByRole('textbox', { name: 'Model', exact: true }).fill('model-1');
    await page.getByRole('radio', { name: /Offline/ }).check();
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
    await expect(page.getByText('5 of 5 replays ended')).toBeVisible();
    expect(chat.requests).toHaveLength(5);
    await expectNoSecret();
  } finally {
    await chat.close();
  }
});

test('the form verifies a Python callable, and a run with a missing module says what to do', async () => {
  const { page, start } = real;
  for (const [module, end] of [
    ['mine', /5 of 5 replays ended/],
    ['absent', /absent/],
  ] as const) {
    await page.goto('/runs/new');
    await page.getByLabel('Repository', { exact: true }).fill('octo/widgets');
    await page.getByLabel('Construct').fill('python-oracle');
    await page.getByLabel('Type').selectOption('python');
    await page.getByLabel('Module').fill(module);
    await page.getByLabel('Callable').fill('answer');
    await page.getByRole('radio', { name: /Offline/ }).check();
    await page.getByLabel('Pull requests at most').fill('5');
    await page.getByLabel('Scored replays at least').fill('5');
    await start();
    await expect(page.getByText(end).first()).toBeVisible();
    const link = page.getByRole('link', { name: 'Read the certificate' });
    if (module === 'mine') await expect(link).toBeVisible();
    else await expect(page.getByText('Why it failed')).toBeVisible();
  }
});

test('the form tries the oracle with one call and keeps everything that was typed', async () => {
  const { oracle, page, fill } = real;
  await fill('octo/widgets');
  const before = oracle.requests.length;
  await page.getByRole('button', { name: 'Try it first' }).click();
  await expect(page.getByText('Change 8')).toBeVisible();
  await expect(page.getByText('Answered in')).toBeVisible();
  expect(oracle.requests.length).toBe(before + 1);
  await expect(page.getByLabel('Construct')).toHaveValue('describer');
  // What was typed is in its controls and nowhere in the page's text.
  expect(await page.locator('main').textContent()).not.toMatch(/planted/);

  await page.setViewportSize({ width: 375, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
  await page.setViewportSize({ width: 1280, height: 720 });

  await page
    .getByRole('textbox', { name: 'Address', exact: true })
    .fill(`http://127.0.0.1:${await freePort()}/nothing`);
  await page.getByRole('button', { name: 'Try it first' }).click();
  await expect(page.getByText('A run would score this 0')).toBeVisible();
  await expect(page.getByText(/The connection was refused/)).toBeVisible();

  await page.getByLabel('Repository', { exact: true }).fill('octo/unknown');
  await page.getByRole('button', { name: 'Try it first' }).click();
  await expect(page.getByLabel('Repository', { exact: true })).toHaveAccessibleDescription(/does not exist/);
  await expect(page.getByRole('alert').filter({ hasText: 'The oracle was not asked' })).toBeVisible();

  // Each button has its own message, whichever was pressed before.
  await page.getByLabel('Construct').fill('');
  await page.getByRole('button', { name: 'Start the run' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The run was not started' })).toBeVisible();
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill('');
  await page.getByRole('button', { name: 'Try it first' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The oracle was not asked' })).toBeVisible();
});
