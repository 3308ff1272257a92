import { expect, test } from '@playwright/test';

test('a visitor reads certificates and is sent to sign in for runs', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('link', { name: 'Sign in to start a run' })).toBeVisible();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Certificates' }).click();
  await expect(page.getByRole('heading', { name: 'Certificates', level: 1 })).toBeVisible();
  for (const path of ['/runs', '/runs/new', '/runs/5a1c7e4e-0000-4000-8000-000000000000']) {
    await page.goto(path);
    await expect(page).toHaveURL(new RegExp(`/sign-in\\?next=${encodeURIComponent(path)}$`));
    await expect(page.getByText('finds it in the terminal')).toBeVisible();
  }
});

test('filters keep what was asked, and an empty list says what to do', async ({ page }) => {
  await page.goto('/certificates');
  await page.getByLabel('Construct').fill('no such construct');
  await page.getByLabel('Sorted by').selectOption('Lowest Brier first');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('No certificate of that construct')).toBeVisible();
  await expect(page.getByLabel('Construct')).toHaveValue('no such construct');
  await expect(page.getByLabel('Sorted by')).toHaveValue('brier_asc');
  await page.getByRole('link', { name: 'Show all certificates' }).click();
  await expect(page.getByLabel('Construct')).toHaveValue('');
});

test('an unknown or malformed certificate is not found', async ({ page }) => {
  for (const id of ['5a1c7e4e-0000-4000-8000-000000000000', 'nonsense', '%F0%9F%A7%AD']) {
    const answer = await page.goto(`/certificates/${id}`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  }
});

test('every page forbids framing, foreign scripts and sniffing, and its own scripts run', async ({
  page,
}) => {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  for (const path of ['/', '/certificates', '/sign-in']) {
    const headers = (await page.goto(path))?.headers() ?? {};
    expect(headers['content-security-policy']).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic';/);
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).not.toMatch(/unsafe-(?:eval|inline)/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('same-origin');
  }
  // The button works, so the page's scripts were let through.
  await page.getByRole('button', { name: 'Sign in with Ethereum' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'no Ethereum wallet' })).toBeVisible();
  expect(problems).toEqual([]);
});

test('nothing is wider than a narrow screen', async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 700 });
  for (const path of ['/', '/certificates', '/sign-in', '/nowhere']) {
    await page.goto(path);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
  }
});
