import { expect, test } from 'vitest';
import { fakePullRequest, fakeRepository } from '#testing/fakes/github/repository.ts';
import { drawRequest, githubRig, githubToken } from '#testing/rigs/github-rig.ts';

test('however a repository is spelled, the ground truth is the same and uses GitHub’s spelling', async () => {
  const { fake, source } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 10 }));
  const draw = await source().draw(drawRequest);
  expect(await source({ owner: 'OCTO', name: 'Widgets' }).draw(drawRequest)).toEqual(draw);
  expect(draw.source).toBe('github:octo/widgets');
});

test('the same seed draws the same pull requests, and another seed draws others', async () => {
  const { fake, source } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 30 }));
  const ids = async (seed: string) =>
    (await source().draw({ ...drawRequest, seed })).drawn.map(({ id }) => id);
  expect(await ids('a')).toEqual(await ids('a'));
  expect(await ids('a')).not.toEqual(await ids('b'));
});

test('only merged pull requests count, whatever their commit field says', async () => {
  const { fake, source } = await githubRig();
  fake.repositories.push(
    fakeRepository({
      pulls: [fakePullRequest({ number: 1 }), fakePullRequest({ number: 2, mergedAt: null })],
    }),
  );
  const draw = await source().draw(drawRequest);
  expect(draw.drawn.map(({ id }) => id)).toEqual(['1']);
  expect(draw.listed).toBe(1);
});

test('pages are read only until the newest merged pull requests are known', async () => {
  const { fake, source } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 450 }));
  const draw = await source().draw(drawRequest);
  expect(draw.listed).toBe(100);
  expect(draw.drawn.every(({ id }) => Number(id) > 350)).toBe(true);
  expect(fake.requests.filter(({ path }) => /\/pulls\?/.test(path))).toHaveLength(1);
  const wide = await source().draw({ ...drawRequest, limit: 80, reserve: 0 });
  expect(wide.listed).toBe(160);
  expect(wide.drawn.every(({ id }) => Number(id) > 290)).toBe(true);
});

test('an old pull request with a recent comment does not displace a newer merge', async () => {
  const { fake, source } = await githubRig();
  const repository = fakeRepository({ count: 250 });
  for (const pull of repository.pulls.slice(0, 60)) pull.updatedAt = '2026-01-01T00:00:00Z';
  fake.repositories.push(repository);
  const draw = await source().draw({ ...drawRequest, limit: 50, reserve: 50 });
  expect(draw.listed).toBe(100);
  expect([...draw.drawn, ...draw.reserve].every(({ id }) => Number(id) > 150)).toBe(true);
});

test('since and label filter the list', async () => {
  const { fake, source, failure } = await githubRig();
  const repository = fakeRepository({ count: 48 });
  for (const pull of repository.pulls.slice(20, 26)) pull.labels = ['feature'];
  fake.repositories.push(repository);
  const draw = await source().draw({ ...drawRequest, since: '2025-01-02', label: 'feature' });
  // Numbers are hours after 2025-01-01, so the next day starts at 24.
  expect(draw.drawn.map(({ id }) => id).sort()).toEqual(['24', '25', '26']);
  expect((await failure({}, { label: 'none' })).message).toMatch(/with the label "none"/);
});

test('a draw from a private repository names neither the repository nor its commits', async () => {
  const { fake, source, failure } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 3, private: true }));
  expect(await failure()).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/give a token/),
  });
  const draw = await source({ token: githubToken }).draw(drawRequest);
  expect(draw).toMatchObject({ private: true, source: 'private repository', commitRange: null });
  expect(fake.requests.at(-1)?.authorization).toBe(`token ${githubToken}`);
});

test('a moved repository is reported with its new name', async () => {
  const { fake, failure } = await githubRig();
  fake.repositories.push(fakeRepository({ id: 7, owner: 'neo', name: 'gadgets', count: 3 }));
  fake.moved.set('octo/widgets', 7);
  expect(await failure()).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/new name, neo\/gadgets/),
  });
});

test('an empty repository and one without merged pull requests give different errors', async () => {
  const { fake, failure } = await githubRig();
  fake.repositories.push(fakeRepository({ size: 0 }));
  expect(await failure()).toMatchObject({ code: 'empty' });
  fake.repositories[0] = fakeRepository();
  expect(await failure()).toMatchObject({
    code: 'no_eligible_changes',
    message: expect.stringMatching(/no closed pull requests/),
  });
  fake.repositories[0] = fakeRepository({ pulls: [fakePullRequest({ number: 1, mergedAt: null })] });
  expect(await failure()).toMatchObject({
    code: 'no_eligible_changes',
    message: expect.stringMatching(/no merged changes/),
  });
});

test('the fake answers 304 to a tag it has issued, and links its pages in both directions', async () => {
  const { fake } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 250 }));
  const url = `${fake.url}/repos/octo/widgets/pulls?state=closed&per_page=100&page=2`;
  const first = await fetch(url);
  expect(first.headers.get('link')).toMatch(/page=1>; rel="prev".*page=3>; rel="next".*page=3>; rel="last"/);
  const again = await fetch(url, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
  expect(again.status).toBe(304);
  await first.body?.cancel();
});
