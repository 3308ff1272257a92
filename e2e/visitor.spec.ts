import { expect, type Page, test } from '@playwright/test';
import { canaryCounts } from '#testing/builders/canaries.ts';
import { storeCertificate, storeTestedCertificate } from '#testing/builders/stored-certificates.ts';
import * as commands from '../src/app/docs/commands.ts';
import { openDatabase } from '../src/db/client.ts';

const { E2E_DATABASE_URL = '' } = process.env;
const createdAt = new Date('2026-05-01T00:00:00Z');
const ids = { untested: '', earlier: '', tested: '' };

test.beforeAll(async () => {
  const { db, close } = openDatabase(E2E_DATABASE_URL, { max: 1 });
  try {
    ids.untested = await storeCertificate(db, { constructId: 'untested-judge', supported: 3, createdAt });
    ids.earlier = await storeTestedCertificate(db, { constructId: 'earlier-run', createdAt });
    const count = { shown: 100, supported: 99 };
    const rejected = { shown: 100, supported: 1 };
    ids.tested = await storeTestedCertificate(db, {
      constructId: 'tested-judge',
      createdAt,
      earlier: {
        canaries: canaryCounts({ true: count, false: rejected, injected: rejected }),
        certificates: [ids.earlier],
      },
    });
  } finally {
    await close();
  }
});

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** The value beside a term in a list of facts. */
const fact = (page: Page, term: string) =>
  page
    .locator('dl > div')
    .filter({ has: page.locator('dt').getByText(term, { exact: true }) })
    .locator('dd');

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

test('filters keep their values, and an empty list says what to do', async ({ page }) => {
  await page.goto('/certificates');
  await page.getByLabel('Construct').fill('no such construct');
  await page.getByLabel('Sorted by').selectOption('Lowest Brier first');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('No certificate for that construct')).toBeVisible();
  await expect(page.getByLabel('Construct')).toHaveValue('no such construct');
  await expect(page.getByLabel('Sorted by')).toHaveValue('brier_asc');
  await page.getByRole('link', { name: 'Show all certificates' }).click();
  await expect(page.getByLabel('Construct')).toHaveValue('');
});

test('a search finds a part of a name, and one that is too short says so at its field', async ({ page }) => {
  await page.goto('/certificates');
  const search = page.getByLabel('Search');
  await search.fill('TESTED-JUDGE');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByRole('link', { name: /^(?:un)?tested-judge$/ })).toHaveCount(2);
  await expect(search).toHaveValue('TESTED-JUDGE');
  await search.fill('%judge%');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('No certificate matches the search')).toBeVisible();
  for (const refused of ['ab', '///']) {
    await search.fill(refused);
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(search).toHaveAccessibleDescription(
      'Give at least three letters (a to z) or digits in a row. A construct whose name has none is found by its whole name.',
    );
    await expect(search).toHaveAttribute('aria-invalid', 'true');
    await expect(search).toHaveValue(refused);
  }
});

test('no address fetches another one of this server', async ({ request }) => {
  expect((await request.get('/_next/image?url=%2Fapi%2Fhealth&w=64&q=75')).status()).toBe(404);
});

test('a refused search names its field, over REST and tRPC', async ({ request }) => {
  const answer = await request.get('/api/v1/verification/certificates?search=ab');
  expect(answer.status()).toBe(422);
  expect(await answer.json()).toMatchObject({ detail: [{ field: 'search' }] });
  const found = await request.get('/api/v1/verification/certificates?search=tested-JUDGE');
  expect(await found.json()).toMatchObject({ total: 2 });
  const call = (search: string) =>
    request.get(`/api/trpc/certificate.list?input=${encodeURIComponent(JSON.stringify({ search }))}`);
  expect((await call('ab')).status()).toBe(400);
  expect(await (await call('UNTESTED')).json()).toMatchObject({ result: { data: { total: 1 } } });
});

test('a list’s pages follow each other, without JavaScript too', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, ...(baseURL && { baseURL }) });
  const page = await context.newPage();
  const names = () =>
    page
      .getByRole('listitem')
      .getByRole('link', { name: /tested-judge$/ })
      .allTextContents();
  await page.goto('/certificates?search=tested-judge&limit=1&sort=brier_asc');
  const first = await names();
  await expect(page.getByText('1 of 2', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(page).toHaveURL(/cursor=/);
  const second = await names();
  expect([...first, ...second].toSorted()).toEqual(['tested-judge', 'untested-judge']);
  await expect(page.getByRole('link', { name: 'Next page' })).toHaveCount(0);
  await page.getByRole('link', { name: 'First page' }).click();
  await expect(page).not.toHaveURL(/cursor=/);
  expect(await names()).toEqual(first);
  await page.goto(`/certificates?cursor=${crypto.randomUUID()}`);
  await page.getByRole('link', { name: 'Back to the first page' }).click();
  await expect(page).toHaveURL(/\/certificates$/);
  await context.close();
});

test('an unknown or malformed certificate is not found', async ({ page }) => {
  for (const id of [
    '5a1c7e4e-0000-4000-8000-000000000000',
    'nonsense',
    '%F0%9F%A7%AD',
    '%00',
    '%ff',
    '%E0%A4',
  ]) {
    const answer = await page.goto(`/certificates/${id}`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  }
});

test('a path that cannot be decoded is not found, in the form of its door', async ({ request }) => {
  for (const path of ['certificates/%ff', 'certificates/%', 'certificates/%ed%a0%80', 'certificates/%00'])
    expect(await (await request.get(`/api/v1/verification/${path}`)).json()).toEqual({
      detail: 'There is no such certificate.',
    });
  for (const path of ['/api/%ff', '/api/v1/%00', '/api/nothing/here']) {
    const answer = await request.get(path);
    expect(answer.status(), path).toBe(404);
    expect(await answer.json()).toEqual({ detail: 'There is nothing here.' });
  }
  const call = await request.get('/api/trpc/%ff');
  expect(call.status()).toBe(404);
  expect(await call.json()).toMatchObject({ error: { data: { code: 'NOT_FOUND' } } });
  for (const path of ['/%ff', '/docs/%E0%A4', '/certificates/%ff?x=%ff']) {
    const answer = await request.get(path);
    expect(answer.status(), path).toBe(404);
    expect(answer.headers()['content-type']).toContain('text/html');
  }
});

test('a filter that no certificate can match shows an empty list', async ({ page, request }) => {
  for (const filter of ['%00', '%ff', '%E2%80%AE']) {
    expect((await page.goto(`/certificates?constructId=${filter}`))?.status()).toBe(200);
    await expect(page.getByText('No certificate for that construct')).toBeVisible();
    const answer = await request.get(`/api/v1/verification/certificates?construct_id=${filter}`);
    expect(await answer.json()).toMatchObject({ certificates: [], total: 0 });
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
  // The button works, so the page's own scripts run.
  await page.getByRole('button', { name: 'Sign in with Ethereum' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'no Ethereum wallet' })).toBeVisible();
  expect(problems).toEqual([]);
});

// By hand: with the earlier certificate's, 198 of 200 true canaries and 694 of 700 false ones were judged right, in direction
// 138 of 140. Precision is 18.3333/20, adjusted (0.916667 − 0.008571)/0.981429 = 0.925. The baseline has (1/3 + 1/2 + 1/4)/3 each. The oracle has
// (0.916667 + 1 + 0.75)/3 = 0.889, over 22 replays 0.808 or 0.899. The judges agreed in 34 of 40 verdicts; chance alone
// gives a share of 0.86.
test('a certificate says how far its judge can be trusted, with intervals and counts', async ({ page }) => {
  await page.goto(`/certificates/${ids.tested}`);
  await expect(page.locator('[data-score="precision"] [data-value]')).toHaveText('0.917');
  for (const [term, words] of [
    ['Precision, judge-adjusted', /^0\.925 95 %: 0\.\d{3} to [01]\.\d{3}, raw 0\.917/],
    ['Composite with the unscored at 0 and at 1', /^0\.808 to 0\.899/],
    ['Counts as reliable', /^yes/],
    ['True claims accepted (q1)', /^0\.990 95 %: 0\.964 to 0\.997, of 200$/],
    ['False claims rejected (q0)', /^0\.991 95 %: 0\.981 to 0\.996, of 700$/],
    ['Rejected where false in direction', /^0\.986 95 %: 0\.949 to 0\.996, of 140.*q0 \+ q1 − 1: 0\.9\d{2}/],
    ['Rejected where false in cause or effect', /^0\.993 95 %: 0\.961 to 0\.999, of 140/],
    ['Facts that code read off the diff: accepted', /^0\.950 .*of 20$/],
    ['Facts that code made false: rejected', /^0\.950 .*of 20/],
    ['Written by writer', /^q1 0\.990 .*of 100; q0 0\.995 .*of 200$/],
    ['Injected claims accepted (leak)', /^0\.013 95 %: 0\.003 to 0\.044, of 160/],
    ['Index (q0 + q1 − 1)', /^0\.981 lower 95 % bound: 0\.954/],
    ['Exam', /^The judge has not sat it here/],
    [
      'Canaries of earlier runs',
      /^1 certificate.*200 true, 700 false and 160 injected; 40 made by code together/,
    ],
    ['Canaries of this run', /^100 true, 200 false and 60 injected; 40 made by code/],
    ['Replays judged by both', /^8$/],
    ['Same verdict on claims and changes', /^0\.850 95 %: 0\.709 to 0\.929, of 40 verdicts.*kappa −0\.071$/],
    ['Same verdict on replies', /^0\.750 95 %: 0\.409 to 0\.929, of 8 replies.*kappa 0\.000$/],
    ['Judge calls repeated', /^5/],
    ['Measures set to 0 by a control', /^0/],
    ['Answer keys reused', /^1/],
    ['Seed of the draw', /^seed.*Drawn by the verifier/],
  ] as const)
    await expect(fact(page, term)).toHaveText(words);
  for (const [measure, words] of [
    ['compositeScore', '+0.528 95 %: not measured, the baseline 0.361'],
    ['replyAccuracy', '+0.500 95 %: not measured, the baseline 0.250'],
  ] as const)
    await expect(page.locator(`[data-lift="${measure}"]`)).toHaveText(words);
  // The judge that judged again; the certificate's own has such a line too.
  await expect(
    page.locator('dl > div').filter({ hasText: /^Judge\s*Anthropic model claude-opus-5-1$/ }),
  ).toHaveCount(1);
  await expect(page.locator('[data-usage="baseline"] td')).toHaveText([
    '1.5444',
    '66',
    '79,200',
    '39,600',
    '224,400',
    '224,400',
  ]);

  await expect(page.getByRole('note').filter({ hasText: 'Injected canaries leaked' })).toContainText(
    'accepted 1 of 60 false claims that also ordered it to accept them. Together with earlier runs: 2 of 160.',
  );
  await expect(page.locator('[data-replay="101"]')).toContainText('injected canary leaked');
  await expect(page.getByText('injected canary leaked', { exact: true })).toHaveCount(1);

  await page.locator('summary').click();
  await page.getByRole('link', { name: ids.earlier }).click();
  await expect(page.getByRole('heading', { name: 'earlier-run' })).toBeVisible();
});

test('a judge without canaries is not reliable, and unmeasured numbers say so', async ({ page }) => {
  await page.goto(`/certificates/${ids.untested}`);
  await expect(fact(page, 'Counts as reliable')).toHaveText(
    /^no.*It never counts as a reliable judge of meaning\.$/,
  );
  for (const term of [
    'Precision, judge-adjusted',
    'Lift',
    'True claims accepted (q1)',
    'False claims rejected (q0)',
    'Injected claims accepted (leak)',
    'Index (q0 + q1 − 1)',
  ])
    await expect(fact(page, term)).toHaveText(/^not measured/);
  await expect(page.getByRole('note').filter({ hasText: 'Offline check' })).toContainText(
    'It never counts as a reliable judge of meaning.',
  );
  await expect(section(page, 'Agreement')).toContainText('Agreement was not measured');
  await expect(page.getByText('Composite with the unscored at 0 and at 1')).toHaveCount(0);
  await expect(page.getByText('Injected canaries leaked')).toHaveCount(0);
});

test('a certificate links to the commands that check it, which are shown as they are run, without JavaScript too', async ({
  browser,
  baseURL,
}) => {
  const context = await browser.newContext({ javaScriptEnabled: false, ...(baseURL && { baseURL }) });
  const page = await context.newPage();
  await page.goto(`/certificates/${ids.tested}`);
  await page.getByRole('main').getByRole('link', { name: 'How to check it' }).click();
  await expect(page.getByRole('heading', { name: 'Checking a certificate', level: 1 })).toBeVisible();
  const { keys, ownCheck, ownMonitor, signatureCheck, goInstallation, logCheck } = commands;
  const variables = commands.variables(baseURL ?? '', ids.tested);
  expect(await page.locator('pre').allTextContents()).toEqual([
    ...[variables, keys, ownCheck, ownMonitor, signatureCheck, goInstallation, logCheck],
  ]);
  await expect(section(page, 'What a certificate proves')).toContainText(
    'That nothing was changed since it was issued and logged; not that the issuer asked honestly. A certificate is worth its issuer.',
  );
  const programs = await page
    .getByRole('link', { name: /^read it$/i })
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  expect(programs).toEqual(['/docs/programs/check-signature.sh', '/docs/programs/check-log.go']);
  for (const path of programs) {
    const answer = await page.request.get(path ?? '');
    expect(answer.headers()).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
  }
  expect((await page.request.get('/docs/programs/commands.ts')).status()).toBe(404);
  // Without a certificate in the address, the newest is named; what is no id is not repeated.
  for (const path of ['/docs', '/docs?certificate=$(planted)']) {
    await page.goto(path);
    await expect(page.locator('pre').first()).toHaveText(/^ISSUER=http\S+\nCERTIFICATE=[0-9a-f-]{36}$/);
  }
  await context.close();
});

test('a list shows which certificates have an unreliable judge and which have leaked canaries', async ({
  page,
}) => {
  const entry = async (constructId: string) => {
    await page.goto(`/certificates?constructId=${constructId}`);
    return page.getByRole('listitem').filter({ hasText: constructId });
  };
  const untested = await entry('untested-judge');
  await expect(untested.getByText('judge not reliable', { exact: true })).toBeVisible();
  await expect(untested.getByText('injected canaries leaked')).toHaveCount(0);
  const tested = await entry('tested-judge');
  await expect(tested.getByText('injected canaries leaked', { exact: true })).toBeVisible();
  await expect(tested.getByText('judge not reliable')).toHaveCount(0);
});

test('a table wider than the screen shows that there is more', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/certificates/${ids.tested}`);
  for (const name of ['Scored replays', 'Judge usage']) {
    const table = page.getByRole('region', { name, exact: true });
    expect(await table.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)).toBe(true);
    // Covers that scroll with the table, over shadows that stay at its edges.
    await expect(table).toHaveCSS('background-attachment', 'local, local, scroll, scroll, local');
    await expect(table).toHaveCSS('background-image', /^(linear-gradient\(.*){4}/);
  }
});

test('nothing is wider than a narrow screen', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 700 });
  for (const path of [
    '/',
    '/certificates',
    `/certificates/${ids.tested}`,
    '/judges',
    `/docs?certificate=${ids.tested}`,
    '/sign-in',
    '/nowhere',
  ]) {
    await page.goto(path);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  }
});
