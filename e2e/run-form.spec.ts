import { expect, test } from '@playwright/test';
import { signInWithNewWallet } from './wallet.ts';

test('errors are shown at their fields, and nothing typed is lost', async ({ page }) => {
  await signInWithNewWallet(page);
  await page.goto('/runs/new');
  const start = page.getByRole('button', { name: 'Start the run' });
  await start.click();
  await expect(page.getByRole('alert').filter({ hasText: '3 fields have an error' })).toBeVisible();
  const repository = page.getByLabel('Repository', { exact: true });
  await expect(repository).toBeFocused();
  await expect(repository).toHaveAttribute('aria-invalid', 'true');
  await expect(repository).toHaveAccessibleDescription(/Name a repository/);

  await repository.fill('/home/me/repository');
  await page.getByLabel('GitHub token').fill('ghp_typed');
  await page.getByLabel('Construct').fill('my oracle');
  // Well-formed, so the server has to refuse it: metadata addresses are never called.
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill('http://169.254.169.254/latest');
  await page.getByRole('button', { name: 'Add a header' }).click();
  await page.getByLabel('Name of header 1').fill('X-Key');
  await page.getByLabel('Value of header 1').fill('typed value');
  await page.getByLabel('Pull requests at most').fill('2000');
  await start.click();
  await expect(repository).toHaveAccessibleDescription(/Paths and files work from the command line only/);
  await expect(page.getByLabel('Pull requests at most')).toHaveAccessibleDescription(/from 1 to 1,000/);

  await repository.fill('owner/name');
  await page.getByLabel('Pull requests at most').fill('7');
  await start.click();
  await expect(page.getByRole('textbox', { name: 'Address', exact: true })).toHaveAttribute(
    'aria-invalid',
    'true',
  );
  await expect(page).toHaveURL(/\/runs\/new$/);
  await expect(repository).toHaveValue('owner/name');
  await expect(page.getByLabel('GitHub token')).toHaveValue('ghp_typed');
  await expect(page.getByLabel('Construct')).toHaveValue('my oracle');
  await expect(page.getByRole('textbox', { name: 'Address', exact: true })).toHaveValue(
    'http://169.254.169.254/latest',
  );
  await expect(page.getByLabel('Name of header 1')).toHaveValue('X-Key');
  await expect(page.getByLabel('Value of header 1')).toHaveValue('typed value');
  await expect(page.getByLabel('Pull requests at most')).toHaveValue('7');
  await page.getByRole('button', { name: 'Remove header 1' }).click();
  await expect(page.getByLabel('Name of header 1')).toHaveCount(0);
});

test('an unavailable judge says what to configure', async ({ page }) => {
  await signInWithNewWallet(page);
  await page.goto('/runs/new');
  await expect(page.getByRole('radio', { name: /Offline/ })).toBeChecked();
  const anthropic = page.getByRole('radio', { name: /Anthropic/ });
  await expect(anthropic).toBeDisabled();
  await expect(anthropic).toHaveAccessibleDescription(/ANTHROPIC_API_KEY/);
  // A free judge has neither a limit nor an estimate.
  await expect(page.getByLabel('Cost limit')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Estimate the cost' })).toHaveCount(0);
});
