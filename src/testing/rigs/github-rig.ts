import { inspect } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import type { GitHubAccess } from '#verification/sources/github/client.ts';
import { githubSource } from '#verification/sources/github/github.ts';
import { type DrawRequest, SourceError } from '#verification/sources/source.ts';
import { startGitHubFake } from '../fakes/github/github-fake.ts';

/** The token that the fake accepts. */
export const githubToken = 'ghp_planted0123456789';

export const drawRequest: DrawRequest = { limit: 5, reserve: 2, seed: 's', since: null, label: null };

/** GitHub's fake for one test, sources that read its `octo/widgets`, and how long they slept, in milliseconds. */
export const githubRig = async () => {
  const fake = await startGitHubFake({ token: githubToken });
  onTestFinished(() => fake.close());
  const sleeps: number[] = [];
  const source = (access: Partial<GitHubAccess> = {}) =>
    githubSource({
      fetch,
      sleep: async (ms) => {
        sleeps.push(ms);
      },
      now: () => new Date('2026-01-01T12:00:00Z'),
      apiUrl: fake.url,
      owner: 'octo',
      name: 'widgets',
      token: null,
      retryBaseMs: 1,
      ...access,
    });
  /** The error of a draw that must fail. It must not contain the token. */
  const failure = async (access: Partial<GitHubAccess> = {}, more: Partial<DrawRequest> = {}) => {
    const error = await source(access)
      .draw({ ...drawRequest, ...more })
      .then(
        () => expect.unreachable('the draw should fail'),
        (reason: unknown) => reason,
      );
    expect(error).toBeInstanceOf(SourceError);
    expect(inspect(error, { depth: 10 })).not.toContain(githubToken);
    return error instanceof SourceError ? error : expect.unreachable();
  };
  return { fake, sleeps, source, failure };
};
