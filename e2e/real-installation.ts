import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, expect } from '@playwright/test';
import { startAnthropicFake } from '#testing/fakes/anthropic/anthropic-fake.ts';
import { startGitHubFake } from '#testing/fakes/github/github-fake.ts';
import { fakeRepository } from '#testing/fakes/github/repository.ts';
import { startOracleFake } from '#testing/fakes/oracles/http-fake.ts';
import { startInstallation } from '#testing/rigs/installation.ts';

// Typed into the form, and never shown on a page.
export const githubToken = 'ghp_planted_in_the_form';
export const oracleSecret = 'Bearer planted-in-the-form';

/**
 * An installation with a model's key, and its owner's browser. GitHub and the model are protocol fakes. GitHub has
 * `octo/widgets` and `octo/gadgets`, with 8 changes each.
 */
export const openRealInstallation = async (browser: Browser) => {
  const github = await startGitHubFake({ token: githubToken });
  github.repositories.push(
    fakeRepository({ count: 8 }),
    fakeRepository({ id: 1002, name: 'gadgets', count: 8 }),
  );
  const anthropic = await startAnthropicFake({ batches: { manual: true } });
  const oracle = await startOracleFake();
  const modules = mkdtempSync(join(tmpdir(), 'echelon-python-'));
  // Python oracles may run under another account.
  chmodSync(modules, 0o755);
  writeFileSync(
    join(modules, 'mine.py'),
    'def answer(change):\n    return {"summary": "A constant was added.", "key_claims": ["A constant was added"]}\n',
  );
  const installation = await startInstallation({
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: github.url,
    ANTHROPIC_BASE_URL: anthropic.url,
    ANTHROPIC_API_KEY: 'sk-ant-test',
    // One price for every token of a prompt, so that a call costs little less than its booking.
    JUDGE_PRICES: JSON.stringify({
      'claude-sonnet-5-5': { input: 2, cacheWrite: 2, cacheRead: 2, output: 0 },
    }),
    PYTHON_ORACLE_DIR: modules,
  });
  const page = await browser.newPage({ baseURL: installation.baseUrl });
  await page.goto(installation.signInLink);
  await expect(page.getByRole('heading', { name: 'My runs' })).toBeVisible();

  /** Opens the form and fills it in for a run of 5 changes with the HTTP oracle. */
  const fill = async (repository: string) => {
    await page.goto('/runs/new');
    await page.getByLabel('Repository', { exact: true }).fill(repository);
    await page.getByLabel('GitHub token').fill(githubToken);
    await page.getByLabel('Construct').fill('describer');
    await page.getByRole('textbox', { name: 'Address', exact: true }).fill(oracle.url);
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

  const close = async () => {
    await page.close();
    await Promise.all([installation.stop(), github.close(), anthropic.close(), oracle.close()]);
    rmSync(modules, { recursive: true });
  };

  return { anthropic, oracle, page, fill, start, expectNoSecret, close };
};

export type RealInstallation = Awaited<ReturnType<typeof openRealInstallation>>;
