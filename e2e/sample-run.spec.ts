import { expect, type Page, test } from '@playwright/test';
import postgres from 'postgres';
import { faultsOf } from './sample.ts';
import { signInWithNewWallet } from './wallet.ts';

const { E2E_DATABASE_URL = '' } = process.env;

type Row = {
  id: string;
  status: string;
  replay_count: number;
  precision: number;
  recall: number;
  reply_accuracy: number;
  composite_score: number;
  brier: number;
};

/** A run's certificate and replays from the database. */
const stored = async (runId: string) => {
  const sql = postgres(E2E_DATABASE_URL, { max: 1 });
  try {
    const [row] = await sql<Row[]>`
      select c.id, r.status, c.replay_count, c.precision, c.recall, c.reply_accuracy, c.composite_score, c.brier
      from verification_runs r join verification_certificates c on c.id = r.certificate_id
      where r.id = ${runId}`;
    if (!row) throw new Error('The run has no certificate.');
    const replays = await sql<{ ground_truth_id: string; precision: number; recall: number }[]>`
      select ground_truth_id, precision, recall from verification_replay_scores where certificate_id = ${row.id}`;
    return { row, replays };
  } finally {
    await sql.end({ timeout: 5 });
  }
};

const expectSameNumbers = async (page: Page, { row, replays }: Awaited<ReturnType<typeof stored>>) => {
  const shown = {
    compositeScore: row.composite_score,
    precision: row.precision,
    recall: row.recall,
    replyAccuracy: row.reply_accuracy,
    brier: row.brier,
  };
  for (const [score, value] of Object.entries(shown))
    await expect(page.locator(`[data-score="${score}"] [data-value]`)).toHaveText(value.toFixed(3));
  await expect(page.locator('[data-replay]')).toHaveCount(replays.length);
  for (const replay of replays) {
    const cells = page.locator(`[data-replay="${replay.ground_truth_id}"] td`);
    await expect(cells.nth(0)).toHaveText(replay.precision.toFixed(3));
    await expect(cells.nth(3)).toHaveText(replay.recall.toFixed(3));
  }
};

test('the sample, started with one click, gets a certificate that shows the database’s numbers and is readable without a script', async ({
  page,
  browser,
}) => {
  const violations = faultsOf(page);
  await signInWithNewWallet(page);
  await page.goto('/');
  await page.getByRole('button', { name: 'Run the sample' }).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
  const runId = page.url().slice(-36);
  // Not by the name of the last step: the list of steps shows that from the start.
  await expect(page.getByText('completed', { exact: true })).toBeVisible();
  await expect(page.getByText(/^(\d+) of \1 replays ended$/)).toBeVisible();

  // The page stops polling after the run’s end.
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/api/trpc/run.byId')) asked += 1;
  });
  await page.waitForTimeout(2500);
  expect(asked).toBe(0);

  await page.getByRole('link', { name: 'Read the certificate' }).click();
  await expect(page.getByRole('heading', { name: 'demonstration-oracle' })).toBeVisible();
  const certificate = await stored(runId);
  expect(certificate.row.status).toBe('COMPLETED');
  await expectSameNumbers(page, certificate);
  expect(violations).toEqual([]);

  const plain = await browser.newContext({ javaScriptEnabled: false });
  const reader = await plain.newPage();
  await reader.goto(`/certificates/${certificate.row.id}`);
  await expectSameNumbers(reader, certificate);
  for (const words of [
    'Offline check',
    'Sample',
    'UNVERIFIED · v1-preview',
    'The expected score of one pull request drawn from the run’s eligible set',
    'It says nothing about other repositories',
    'not a Brier score of probabilities',
  ])
    await expect(reader.getByText(words).first()).toBeVisible();
  const json = await reader.request.get(
    (await reader.getByRole('link', { name: 'This certificate as JSON' }).getAttribute('href')) ?? '',
  );
  expect(await json.json()).toMatchObject({
    id: certificate.row.id,
    composite_score: certificate.row.composite_score,
    replay_count: certificate.row.replay_count,
  });

  const fileAt = async (name: string) => {
    const address = await reader.getByRole('link', { name, exact: true }).getAttribute('href');
    const answer = await reader.request.get(address ?? '');
    expect(answer.status(), name).toBe(200);
    expect(answer.headers()['content-security-policy'], name).toContain("default-src 'none'");
    return answer.text();
  };
  const [, payload = ''] = (await fileAt('signature')).split('.');
  expect(Buffer.from(payload, 'base64url').toString()).toBe(await fileAt('document'));
  const lines = (await fileAt('evidence')).trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(certificate.replays.length);
  expect(JSON.parse(await fileAt('public keys'))).toMatchObject({ keys: [{ crv: 'Ed25519' }] });
  const one = await reader.request.get(`/certificates/${certificate.row.id}/evidence/0`);
  expect(await one.json()).toMatchObject({ line: lines[0], count: lines.length });
  const bundle = await reader.request.get(`/certificates/${certificate.row.id}.bundle`);
  expect(await bundle.json()).toMatchObject({ type: 'echelon-bundle/v1' });

  await reader.goto('/certificates?constructId=demonstration-oracle&sort=brier_asc');
  await reader.locator(`a[href="/certificates/${certificate.row.id}"]`).click();
  await expect(reader.getByRole('heading', { name: 'demonstration-oracle' })).toBeVisible();
  await plain.close();
});
