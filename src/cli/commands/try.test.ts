import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type GitHubFake, startGitHubFake } from '#testing/fakes/github/github-fake.ts';
import { fakeRepository } from '#testing/fakes/github/repository.ts';
import { runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { openVerifyRig } from '#testing/rigs/verify-rig.ts';

const { startOracle, closeServers, remove } = openVerifyRig();
let github: GitHubFake;
beforeAll(async () => {
  github = await startGitHubFake();
});
afterEach(closeServers);
afterAll(async () => {
  await github.close();
  remove();
});

test('try asks an oracle once about the newest change, and says what is wrong with its answer', async () => {
  github.repositories.push(fakeRepository({ count: 30 }));
  const oracle = await startOracle();
  const args = ['try', 'octo/widgets', '--oracle-url', oracle.url, '--json'];
  const good = await runInProcess(args, withSettings({ githubApiUrl: github.url }));
  expect(good).toMatchObject({ code: 0 });
  expect(JSON.parse(good.stdout)).toMatchObject({
    change: { id: '30', title: 'Change 30' },
    answer: { summary: expect.any(String) },
    latency_ms: expect.any(Number),
  });
  expect(oracle.requests).toHaveLength(1);

  const blind = await runInProcess([...args, '--blind'], withSettings({ githubApiUrl: github.url }));
  expect(JSON.parse(blind.stdout)).toMatchObject({ change: { id: '30' } });
  expect(oracle.requests.map(({ body }) => body.pr.id)).toEqual([
    '30',
    expect.stringMatching(/^[0-9a-f]{16}$/),
  ]);

  const broken = await startOracle(() => ({ kind: 'answer', answer: { key_claims: [null] } }));
  const bad = await runInProcess(
    ['try', 'octo/widgets', '--oracle-url', broken.url],
    withSettings({ githubApiUrl: github.url }),
  );
  expect(bad).toMatchObject({ code: 1 });
  expect(bad.stdout).toContain('Error: key_claims[0] must be a string or {claim, confidence}; it is null.');
});
