import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type AnthropicFake, startAnthropicFake } from '../src/testing/anthropic-fake.ts';
import { startChatFake } from '../src/testing/chat-fake.ts';
import { fakeRepository, type GitHubFake, startGitHubFake } from '../src/testing/github-fake.ts';
import { freePort, type Installation, startInstallation } from '../src/testing/installation.ts';
import { type OracleFake, startOracleFake } from '../src/testing/oracle-fake.ts';

// An installation with a model's key, whose GitHub and model are fakes at the protocol, and its owner's browser.
const githubToken = 'ghp_planted_in_the_form';
const oracleSecret = 'Bearer planted-in-the-form';
let github: GitHubFake;
let anthropic: AnthropicFake;
let oracle: OracleFake;
let installation: Installation;
let page: Page;
let modules: string;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
  github = await startGitHubFake({ token: githubToken });
  github.repositories.push(fakeRepository({ count: 8 }));
  anthropic = await startAnthropicFake();
  oracle = await startOracleFake();
  modules = mkdtempSync(join(tmpdir(), 'echelon-python-'));
  writeFileSync(
    join(modules, 'mine.py'),
    'def answer(change):\n    return {"summary": "A constant was added.", "key_claims": ["A constant was added"]}\n',
  );
  installation = await startInstallation({
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: github.url,
    ANTHROPIC_BASE_URL: anthropic.url,
    ANTHROPIC_API_KEY: 'sk-ant-test',
    PYTHON_ORACLE_DIR: modules,
  });
  page = await browser.newPage({ baseURL: installation.baseUrl });
  await page.goto(installation.signInLink);
  await expect(page.getByRole('heading', { name: 'My runs' })).toBeVisible();
});

test.afterAll(async () => {
  await page.close();
  await Promise.all([installation.stop(), github.close(), anthropic.close(), oracle.close()]);
  rmSync(modules, { recursive: true });
});

const fill = async (repository: string) => {
  await page.goto('/runs/new');
  await page.getByLabel('Repository', { exact: true }).fill(repository);
  await page.getByLabel('GitHub token').fill(githubToken);
  await page.getByLabel('Construct').fill('describer');
  await page.getByLabel('Address').fill(oracle.url);
  await page.getByRole('button', { name: 'Add a header' }).click();
  await page.getByLabel('Name of header 1').fill('Authorization');
  await page.getByLabel('Value of header 1').fill(oracleSecret);
  await page.getByLabel('Pull requests at most').fill('5');
  await page.getByLabel('Scored replays at least').fill('5');
};

const start = async () => {
  await page.getByRole('button', { name: 'Start the run' }).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
};

const expectNoSecret = async () => {
  const content = await page.content();
  expect(content).not.toContain(githubToken);
  expect(content).not.toContain('planted-in-the-form');
};

test('the form verifies a GitHub repository with the model judge, and the certificate names what judged', async () => {
  await fill('octo/widgets');
  await expect(page.getByRole('radio', { name: /Anthropic/ })).toBeChecked();
  await start();
  await expect(page.getByText('5 of 5 replays ended')).toBeVisible({ timeout: 60_000 });
  await expectNoSecret();
  await page.getByRole('link', { name: 'Read the certificate' }).click();

  await expect(page.getByRole('heading', { name: 'describer' })).toBeVisible();
  await expect(page.getByText('claude-sonnet-5-5').first()).toBeVisible();
  await expect(page.getByText('UNVERIFIED · v1-preview, unsigned')).toBeVisible();
  await expect(page.getByText('Offline-judged')).toHaveCount(0);
  await expect(page.locator('[data-replay]')).toHaveCount(5);
  await expect(page.getByText(/^US\$ 0\.\d+$/)).toBeVisible();
  await expectNoSecret();
  expect(oracle.requests).toHaveLength(5);
  for (const { headers } of oracle.requests) expect(headers.authorization).toBe(oracleSecret);
});

test('a run that fails shows why, and offers to start again with what was not secret', async () => {
  await fill('octo/nothing');
  await start();
  await expect(page.getByText('The run failed.')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('alert').filter({ hasText: 'Why it failed' })).toContainText('octo/nothing');
  await expectNoSecret();
  await page.getByRole('link', { name: 'Start again' }).click();
  await expect(page.getByLabel('Repository', { exact: true })).toHaveValue('octo/nothing');
  await expect(page.getByLabel('Construct')).toHaveValue('describer');
  await expect(page.getByLabel('GitHub token')).toHaveValue('');
  await expect(page.getByLabel('Address')).toHaveValue('');
});

test('the form verifies a model behind a chat-completions endpoint', async () => {
  const chat = await startChatFake(() => ({
    kind: 'content',
    content: JSON.stringify({ summary: 'A constant was added.', key_claims: ['A constant was added'] }),
  }));
  try {
    await fill('octo/widgets');
    await page.getByLabel('Type').selectOption('chat');
    await page.getByLabel('Address').fill(chat.url);
    await page.getByRole('button', { name: 'Start the run' }).click();
    await expect(page.getByRole('textbox', { name: 'Model', exact: true })).toHaveAccessibleDescription(
      /Required/,
    );
    await page.getByRole('textbox', { name: 'Model', exact: true }).fill('model-1');
    await page.getByRole('radio', { name: /Offline/ }).check();
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
    await expect(page.getByText('5 of 5 replays ended')).toBeVisible({ timeout: 60_000 });
    expect(chat.requests).toHaveLength(5);
    await expectNoSecret();
  } finally {
    await chat.close();
  }
});

test('the form verifies a Python callable, and a module that is not there fails with what to do', async () => {
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
    await expect(page.getByText(end).first()).toBeVisible({ timeout: 60_000 });
    const link = page.getByRole('link', { name: 'Read the certificate' });
    if (module === 'mine') await expect(link).toBeVisible({ timeout: 60_000 });
    else await expect(page.getByText('Why it failed')).toBeVisible({ timeout: 60_000 });
  }
});

test('the form tries the oracle first, with one call, and loses nothing that was typed', async () => {
  await fill('octo/widgets');
  const before = oracle.requests.length;
  await page.getByRole('button', { name: 'Try it first' }).click();
  await expect(page.getByText('Change 8')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('Answered in')).toBeVisible();
  expect(oracle.requests.length).toBe(before + 1);
  await expect(page.getByLabel('Construct')).toHaveValue('describer');
  // What was typed stands in its own controls, and nowhere in the text.
  expect(await page.locator('main').textContent()).not.toMatch(/planted/);

  await page.setViewportSize({ width: 375, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
  await page.setViewportSize({ width: 1280, height: 720 });

  await page.getByLabel('Address').fill(`http://127.0.0.1:${await freePort()}/nothing`);
  await page.getByRole('button', { name: 'Try it first' }).click();
  await expect(page.getByText('A run would score this 0')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/The connection was refused/)).toBeVisible();

  await page.getByLabel('Repository', { exact: true }).fill('octo/unknown');
  await page.getByRole('button', { name: 'Try it first' }).click();
  await expect(page.getByLabel('Repository', { exact: true })).toHaveAccessibleDescription(/does not exist/);
  await expect(page.getByRole('alert').filter({ hasText: 'The oracle was not asked' })).toBeVisible();

  // Each button is answered in its own words, whichever was pressed before.
  await page.getByLabel('Construct').fill('');
  await page.getByRole('button', { name: 'Start the run' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The run was not started' })).toBeVisible();
  await page.getByLabel('Address').fill('');
  await page.getByRole('button', { name: 'Try it first' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The oracle was not asked' })).toBeVisible();
});
