import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createGitRepository, type GitRepository } from '#testing/builders/git-repository.ts';
import { type GitHubFake, startGitHubFake } from '#testing/fakes/github/github-fake.ts';
import { fakeRepository } from '#testing/fakes/github/repository.ts';
import { runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import {
  certificateOf,
  changes,
  modelAt,
  openVerifyRig,
  verify,
  verifyInChild,
} from '#testing/rigs/verify-rig.ts';
import { recomputeCertificate } from '#verification/certificate/recompute.ts';

/** Sources of ground truth: a git repository, GitHub over HTTP, and the files that ingest writes from either. */

const { folder, startOracle, startModel, closeServers, remove } = openVerifyRig();
let github: GitHubFake;
let repository: GitRepository;

beforeAll(async () => {
  github = await startGitHubFake({ token: 'planted-github-token' });
  repository = createGitRepository();
  repository.commit({ message: 'Begin', files: { 'README.md': 'Queues.\n' } });
  for (let number = 1; number <= 6; number += 1)
    repository.mergePullRequest({
      number,
      title: `Limit retries of queue ${number}`,
      body: `Queue ${number} retried for ever.`,
      files: {
        [`src/queue-${number}.ts`]: [
          `export const retryLimit${number} = ${number * 5};`,
          `export const backoffSeconds${number} = ${number * 30};`,
          `export function nextDelay${number}(attempt: number) {`,
          `  return Math.min(backoffSeconds${number} * attempt, ${number * 100});`,
          '}',
          '',
        ].join('\n'),
      },
    });
});
afterEach(async () => {
  github.repositories.length = 0;
  await closeServers();
});
afterAll(async () => {
  await github.close();
  repository.remove();
  remove();
});

test('a real git repository is verified by its path, and every number can be recomputed', async () => {
  const oracle = await startOracle();
  const outcome = await verifyInChild(
    repository.path,
    oracle,
    ...['--limit', '4', '--min-replays', '4', '--json'],
  );
  expect(outcome.code).toBe(0);
  const certificate = certificateOf(outcome.stdout);
  expect(recomputeCertificate(certificate).disagreements).toEqual([]);
  expect(certificate).toMatchObject({
    constructId: new URL(oracle.url).host,
    replayCount: 4,
    provisional: false,
    tier: 'UNVERIFIED',
    ranked: false,
    judge: 'offline',
    sample: false,
  });
  // A path may reveal more than its owner wants.
  expect(outcome.stdout).not.toContain(repository.path);
  expect(oracle.requests).toHaveLength(4);
  expect(outcome.stderr).toMatch(/Seed \d+/);
  expect(outcome.stderr).toMatch(/merges, squashes and direct commits/);
  expect(outcome.stderr).not.toContain('shallow');
});

test('what a shallow clone lacks is said at the end too, and of other sources nothing is said of commits', async () => {
  const oracle = await startOracle();
  const path = join(folder, 'shallow');
  repository.git('clone', '--quiet', '--depth=3', `file://${repository.path}`, path);
  for (const more of [[], ['--json']]) {
    const outcome = await verify(path, oracle, '--limit', '4', '--min-replays', '1', ...more);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr.trim().split('\n').at(-1)).toMatch(
      /^Note: .*1 change is not in it.*`git fetch --unshallow`/,
    );
  }
  const fromFile = await verify(changes, oracle, '--limit', '2', '--json');
  expect(fromFile.code).toBe(0);
  expect(fromFile.stderr).not.toMatch(/direct commits|Note:/);
});

test('a seed always draws the same changes, and another seed draws others', async () => {
  const oracle = await startOracle();
  const draw = async (seed: string) => {
    const { stdout } = await verify(changes, oracle, '--limit', '5', '--seed', seed, '--json');
    return certificateOf(stdout).replayScores.map(({ groundTruthId }) => groundTruthId);
  };
  const [first, again, other] = await Promise.all([draw('1'), draw('1'), draw('2')]);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test('a file that ingest wrote can be verified, and gives the same draw as the repository', async () => {
  const oracle = await startOracle();
  const file = join(folder, 'truth.jsonl');
  const written = await runInProcess(['ingest', repository.path, '--out', file, '--seed', '3', '--json']);
  expect(written.code).toBe(0);
  expect(JSON.parse(written.stdout)).toMatchObject({ written: 6, file });
  const args = ['--limit', '3', '--seed', '5', '--json'] as const;
  const [fromFile, fromPath] = await Promise.all([
    verify(file, oracle, ...args),
    verify(repository.path, oracle, ...args),
  ]);
  const ids = ({ stdout }: { stdout: string }) =>
    certificateOf(stdout).replayScores.map(({ groundTruthId }) => groundTruthId);
  expect(ids(fromFile)).toEqual(ids(fromPath));
});

test('a folder that is no repository fails, and the message says what to give instead', async () => {
  const oracle = await startOracle();
  const outcome = await verify(mkdtempSync(join(folder, 'empty-')), oracle);
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toContain('not a git repository');
});

test('a model judges a GitHub repository, and the certificate names the model that answered, its usage and cost', async () => {
  github.repositories.push(fakeRepository({ count: 6 }));
  const [oracle, model] = [await startOracle(), await startModel()];
  const outcome = await runInProcess(
    ['verify', 'octo/widgets', '--oracle-url', oracle.url, '--limit', '3', '--json'],
    withSettings({ githubApiUrl: github.url, ...modelAt(model.url) }),
  );
  expect(outcome).toMatchObject({ code: 0 });
  const certificate = JSON.parse(outcome.stdout);
  expect(certificate).toMatchObject({
    judge: 'anthropic',
    scoring_model: 'claude-sonnet-5-5',
    ground_truth_source: 'github:octo/widgets',
    replay_count: 3,
  });
  expect(certificate.usage.calls).toBe(model.requests.length);
  expect(certificate.usage.cost_usd).toBeGreaterThan(0);
  expect(`${outcome.stdout}${outcome.stderr}`).not.toContain('planted');
});

test('for a private repository only scores and counts are shown, certified or put into evidence', async () => {
  github.repositories.push(fakeRepository({ name: 'hidden-widgets', private: true, count: 5 }));
  const oracle = await startOracle();
  const out = join(folder, 'private');
  const args = ['verify', 'octo/hidden-widgets', '--oracle-url', oracle.url, '--judge', 'offline'];
  const settings = withSettings({ githubApiUrl: github.url, githubToken: 'planted-github-token' });
  const outcome = await runInProcess([...args, '--limit', '3', '--out', out], settings);
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stdout).toContain('private repository');
  const published = ['certificate.json', 'evidence.jsonl'].map((name) =>
    readFileSync(join(out, name), 'utf8'),
  );
  for (const text of [outcome.stdout, ...published])
    for (const word of ['hidden', 'octo', 'Change ', 'const ', 'planted']) expect(text).not.toContain(word);
  const ids = (published[1] ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).ground_truth.id);
  expect(ids).toEqual(['1', '2', '3']);
  expect(await runInProcess(['inspect', join(out, 'certificate.json')])).toMatchObject({ code: 0 });
});

test('a private repository without a token fails, and the message says what to do', async () => {
  const oracle = await startOracle();
  github.repositories.push(fakeRepository({ private: true, count: 5 }));
  const outcome = await runInProcess(
    ['verify', 'octo/widgets', '--oracle-url', oracle.url, '--judge', 'offline'],
    withSettings({ githubApiUrl: github.url }),
  );
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toMatch(/token/i);
});
