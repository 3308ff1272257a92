import { expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { startGitHubFake } from '#testing/fakes/github/github-fake.ts';
import { fakeRepository } from '#testing/fakes/github/repository.ts';
import { drawRequest, githubRig, githubToken } from '#testing/rigs/github-rig.ts';

test('an unknown repository, a wrong token, a missing right and a legal block each say what to do', async () => {
  const { fake, failure } = await githubRig();
  expect(await failure()).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/does not exist/),
  });
  expect(await failure({ token: githubToken })).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/token may not read it/),
  });
  expect(await failure({ token: 'ghp_wrong' })).toMatchObject({
    code: 'unauthorized',
    message: expect.stringMatching(/Give a valid one/),
  });
  fake.repositories.push(fakeRepository({ blocked: 403 }));
  expect(await failure({ token: githubToken })).toMatchObject({
    code: 'unauthorized',
    message: expect.stringMatching(/Resource not accessible/),
  });
  fake.repositories[0] = fakeRepository({ blocked: 451 });
  expect(await failure()).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/legal reasons/),
  });
});

test.each([403, 429] as const)(
  'a primary limit (%i) is waited for until its reset, and reported',
  async (status) => {
    const { fake, sleeps, source } = await githubRig();
    fake.repositories.push(fakeRepository({ count: 3 }));
    fake.faults.push({ kind: 'primary_limit', status, resetInSeconds: 300 });
    const said: string[] = [];
    await source().draw({ ...drawRequest, onProgress: (message) => said.push(message) });
    expect(sleeps).toHaveLength(1);
    expect(sleeps[0]).toBeGreaterThan(295_000);
    expect(sleeps[0]).toBeLessThanOrEqual(302_000);
    expect(said).toContainEqual(expect.stringMatching(/^Waiting for GitHub's limit until 12:0[45] UTC$/));
  },
);

test('a secondary limit is waited for as long as it says, however it is worded', async () => {
  const { fake, sleeps, source } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push(
    { kind: 'secondary_limit', status: 403, retryAfterSeconds: 30 },
    { kind: 'secondary_limit', status: 429, retryAfterSeconds: 45, message: 'Slow down' },
  );
  await source().draw(drawRequest);
  expect(sleeps).toEqual([30_000, 45_000]);
});

test('waiting for limits is bounded over the whole draw', async () => {
  const { fake, sleeps, failure } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push({ kind: 'primary_limit', status: 403, resetInSeconds: 3000 });
  expect(await failure()).toMatchObject({
    code: 'rate_limited',
    retryable: true,
    message: expect.stringMatching(/Give a GitHub token/),
  });
  expect(sleeps).toEqual([]);
  for (let times = 0; times < 3; times += 1) {
    fake.faults.push({ kind: 'secondary_limit', status: 429, retryAfterSeconds: 400 });
  }
  expect(await failure({ token: githubToken })).toMatchObject({ code: 'rate_limited' });
  expect(sleeps).toEqual([400_000, 400_000]);
});

test('a limit that is too long to wait for says how long it lasts, by GitHub’s clock', async () => {
  const { fake, sleeps, failure } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push({ kind: 'secondary_limit', status: 429, retryAfterSeconds: 100 });
  const access = { token: githubToken, maxWaitMs: 3_000 };
  expect(await failure(access)).toMatchObject({ code: 'rate_limited', retryAfterMs: 100_000 });
  fake.faults.push({ kind: 'primary_limit', status: 403, resetInSeconds: 3000 });
  const { retryAfterMs } = await failure({ ...access, now: () => new Date('2031-01-01T00:00:00Z') });
  expect(retryAfterMs).toBeGreaterThan(2_990_000);
  expect(retryAfterMs).toBeLessThan(3_010_000);
  expect(sleeps).toEqual([]);
});

test('a draw that is aborted while it waits ends with the given reason', async () => {
  const { fake, source } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push({ kind: 'secondary_limit', status: 429, retryAfterSeconds: 60 });
  const controller = new AbortController();
  const reason = new Error('cancelled');
  const drawing = source({
    sleep: async (_, signal) => {
      controller.abort(reason);
      signal?.throwIfAborted();
    },
  }).draw({ ...drawRequest, signal: controller.signal });
  await expect(drawing).rejects.toBe(reason);
});

test('a draw that is aborted during a request ends at once', async () => {
  const { source } = await githubRig();
  const controller = new AbortController();
  const reason = new Error('cancelled');
  const drawing = source({
    retryBaseMs: 60_000,
    fetch: (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        controller.abort(reason);
      }),
  }).draw({ ...drawRequest, signal: controller.signal });
  await expect(drawing).rejects.toBe(reason);
});

test('temporary faults are retried, and lasting ones are reported as retryable', async () => {
  const { fake, source, failure } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push({ kind: 'status', status: 502, message: 'Bad Gateway' }, { kind: 'hang_up' });
  expect((await source().draw(drawRequest)).drawn).toHaveLength(3);
  for (let times = 0; times < 4; times += 1) {
    fake.faults.push({ kind: 'status', status: 500, message: 'Server Error' });
  }
  expect(await failure()).toMatchObject({ code: 'unreachable', retryable: true });
  const nobody = `http://127.0.0.1:${await freePort()}`;
  expect(await failure({ apiUrl: nobody })).toMatchObject({
    code: 'unreachable',
    retryable: true,
    message: expect.stringMatching(/could not be reached/),
  });
});

test.each([
  ['HTML', 'text/html', '<html>A proxy speaks</html>'],
  ['broken JSON', 'application/json', '{"full_name": '],
  ['other JSON', 'application/json', '{"ok": true}'],
  ['an unreadable content type', '=;', 'x'],
])('%s instead of the API’s answer is reported as such', async (_, contentType, body) => {
  const { fake, failure } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push({ kind: 'raw', contentType, body });
  expect(await failure()).toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/GITHUB_API_URL/),
  });
  fake.faults.push({ kind: 'raw', path: /\/pulls\?/, contentType, body });
  expect(await failure()).toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/GITHUB_API_URL/),
  });
});

test('the token goes to no other host, neither by redirect nor by page link', async () => {
  const { fake, failure } = await githubRig();
  const other = await startGitHubFake({ token: githubToken });
  try {
    fake.repositories.push(fakeRepository({ count: 3 }));
    other.repositories.push(fakeRepository({ count: 3 }));
    fake.faults.push({ kind: 'redirect', status: 302, location: `${other.url}/repos/octo/widgets` });
    expect(await failure({ token: githubToken })).toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/pointed to another host/),
    });
    fake.faults.push({
      kind: 'next_page',
      path: /\/pulls\?/,
      url: `${other.url}/repositories/1001/pulls?page=2`,
    });
    expect(await failure({ token: githubToken })).toMatchObject({
      message: expect.stringMatching(/pointed to another host/),
    });
    expect(other.requests).toEqual([]);
  } finally {
    await other.close();
  }
});

test('an API below a path, as on GitHub Enterprise Server, is called there', async () => {
  const { fake, failure } = await githubRig();
  await failure({ apiUrl: `${fake.url}/api/v3` });
  expect(fake.requests.at(-1)?.path).toBe('/api/v3/repos/octo/widgets');
});
