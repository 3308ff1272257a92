import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { freePort } from '../src/db/embedded/free-port.ts';
import { type AnthropicFake, startAnthropicFake } from '../src/testing/anthropic-fake.ts';
import { startChatFake } from '../src/testing/chat-fake.ts';
import { fakeRepository, type GitHubFake, startGitHubFake } from '../src/testing/github-fake.ts';
import { type Installation, startInstallation } from '../src/testing/installation.ts';
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
  github.repositories.push(
    fakeRepository({ count: 8 }),
    fakeRepository({ id: 1002, name: 'gadgets', count: 8 }),
  );
  anthropic = await startAnthropicFake({ batches: { manual: true } });
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
    // Every token of a prompt at one price, so that a call costs little less than what is booked for it.
    JUDGE_PRICES: JSON.stringify({
      'claude-sonnet-5-5': { input: 2, cacheWrite: 2, cacheRead: 2, output: 0 },
    }),
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

  // Nothing was drawn: it cannot be resumed, and for a new attempt the repository has to be read again.
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
  await expect(page.getByText('The run failed.')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('Another attempt on the same changes')).toBeVisible();
  await expectNoSecret();

  await page.getByRole('link', { name: 'Start again' }).click();
  await expect(page.getByLabel('Repository', { exact: true })).toHaveValue('octo/nothing');
  await expect(page.getByLabel('Construct')).toHaveValue('describer');
  await expect(page.getByLabel('GitHub token')).toHaveValue('');
  await expect(page.getByLabel('Address')).toHaveValue('');
});

test('the form estimates the cost by the model’s own tokeniser, and asks neither oracle nor judge', async () => {
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
  // It is the same for every oracle, so none has to be named.
  await page.getByLabel('Address').fill('');
  await page.getByLabel('Construct').fill('');
  await estimate.click();
  const found = page.getByRole('alert').filter({ hasText: 'Judging would cost' });
  await expect(found).toContainText(/US\$ 0\.\d+ to US\$ \d+\.\d+/, { timeout: 30_000 });
  await expect(found).toContainText('5 replays');
  // Six calls a change, each of them twice at most.
  await expect(page.getByText('30 to 60')).toBeVisible();
  await expect(page.getByText(/counted by the model’s own tokeniser/)).toBeVisible();

  // What an estimate does not depend on may change; what it does leaves it marked until it is made again.
  await page.getByLabel('Construct').fill('describer');
  await expect(found).toBeVisible();
  const outdated = page.getByRole('alert').filter({ hasText: 'The form has changed since the cost' });
  await page.getByLabel('Economy mode').check();
  await expect(outdated).toContainText(/Judging would have cost US\$ 0\.\d+ to/);
  await expect(page.getByText('30 to 60')).toHaveCount(0);
  await page.getByLabel('Economy mode').uncheck();
  await expect(outdated).toHaveCount(0);
  await expect(page.getByText('30 to 60')).toBeVisible();

  await page.getByLabel('Second judge', { exact: true }).selectOption('all replays');
  await page.getByLabel('Model of the second judge').fill('claude-opus-5-5');
  await estimate.click();
  await expect(page.getByText('45 to 90')).toBeVisible({ timeout: 30_000 });
  const [least = 0, most = 0] = ((await found.textContent())?.match(/\d+\.\d+/g) ?? []).map(Number);
  await limit.fill(((least + most) / 2).toFixed(4));
  await estimate.click();
  await expect(found).toContainText('The upper end is above your limit', { timeout: 30_000 });
  await limit.fill('0.01');
  await estimate.click();
  await expect(found).toContainText('Even the lower end is above your limit', { timeout: 30_000 });
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.setViewportSize({ width: 1280, height: 720 });
  expect([oracle.requests.length, anthropic.requests.length]).toEqual(before);

  await page.getByLabel('Repository', { exact: true }).fill('octo/unknown');
  await estimate.click();
  await expect(page.getByLabel('Repository', { exact: true })).toHaveAccessibleDescription(/does not exist/);

  // The free judge has no such choices; chosen again, the other has those that were made.
  await page.getByRole('radio', { name: /Offline/ }).check();
  await expect(limit).toBeHidden();
  await expect(estimate).toHaveCount(0);
  await page.getByRole('radio', { name: /Anthropic/ }).check();
  await expect(limit).toHaveValue('0.01');
});

test('a run stops at its cost limit, says so, and is resumed with a higher one to a certificate', async () => {
  await fill('octo/gadgets');
  // About half of what this run costs at the prices above.
  await page.getByLabel('Cost limit').fill('0.1');
  await start();
  await expect(page.getByText('The run failed.')).toBeVisible({ timeout: 60_000 });
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

  await expect(page.getByText('5 of 5 replays ended')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('Its limit is US$ 5.00.')).toBeVisible();
  await expect(page.getByRole('link', { name: stopped.slice(-36) })).toHaveAttribute(
    'href',
    new URL(stopped).pathname,
  );
  await expectNoSecret();
  await page.getByRole('link', { name: 'Read the certificate' }).click();
  await expect(page.locator('[data-replay]')).toHaveCount(5);

  // One attempt is taken up once: a second resumption would pay the same steps again.
  await page.goto(stopped);
  await expect(page.getByRole('button', { name: 'Retry' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Resume' })).toHaveCount(0);
});

test('a run that is cancelled from its page calls out no more and ends as failed', async () => {
  const silent = await startOracleFake(() => ({ kind: 'stalled' }));
  try {
    await fill('octo/widgets');
    await page.getByLabel('Address').fill(silent.url);
    await page.getByRole('radio', { name: /Offline/ }).check();
    await start();
    await expect.poll(() => silent.requests.length, { timeout: 60_000 }).toBeGreaterThan(0);

    const cancel = page.getByRole('button', { name: 'Cancel this run' });
    await cancel.click();
    await expect(page.getByRole('group', { name: 'Cancel this run?' })).toBeFocused();
    await expect(page.getByText('It stops calling out and ends as failed.')).toBeVisible();
    await page.getByRole('button', { name: 'Let it go on' }).click();
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
    // Of a judge that is free no cost is told.
    await expect(page.getByText('Cost of judging')).toHaveCount(0);
  } finally {
    await silent.close();
  }
});

test('a run in economy mode says what it waits for, and once cancelled that its batch is still to be charged', async () => {
  await fill('octo/widgets');
  await page.getByLabel('Economy mode').check();
  await start();
  await expect(page.getByText('hours instead of minutes').first()).toBeVisible();
  await expect(
    page.getByText(/Waiting for a batch of \d+ calls that was sent at .* UTC; most end within an hour/),
  ).toBeVisible({ timeout: 60_000 });

  await page.getByRole('button', { name: 'Cancel this run' }).click();
  await expect(page.getByRole('group', { name: 'Cancel this run?' })).toHaveAccessibleDescription(
    /Batches that were sent already are charged all the same/,
  );
  await page.getByRole('button', { name: 'Yes, cancel it' }).click();
  await expect(page.getByText('The run was cancelled.')).toBeVisible();
  await expect(page.getByText(/^US\$ 0\.00 so far/)).toBeVisible();
  await expect(page.getByText(/A batch that was sent is still to be charged/)).toBeVisible();
  await anthropic.endBatches();
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
