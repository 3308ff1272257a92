import type { RunGit } from '#verification/sources/git/runner.ts';
import type { GitHubOutcome, Metrics } from './metrics.ts';
import type { Tracing } from './tracing.ts';

type Telemetry = { metrics: Metrics; tracing: Tracing };

const classOf = (status: number) => `${Math.floor(status / 100)}xx` as GitHubOutcome;

/** `fetch` for GitHub's API, counted and traced only by method and status, because its addresses name repositories. */
export const observedGitHubFetch =
  ({ metrics, tracing }: Telemetry, send: typeof fetch): typeof fetch =>
  (input, init) =>
    tracing.span(
      { name: 'GitHub call', kind: 'client', attributes: { 'http.request.method': init?.method ?? 'GET' } },
      async ({ say, fail }) => {
        try {
          const response = await send(input, init);
          metrics.githubAsked(classOf(response.status));
          say({ 'http.response.status_code': response.status });
          if (response.status >= 400) fail('GitHub answered with an error.');
          return response;
        } catch (error) {
          metrics.githubAsked('unreachable');
          throw error;
        }
      },
    );

const remoteCommands = ['clone', 'fetch', 'ls-remote'];

/** git with traced transfers. Work on the local disk is not a call. */
export const observedGit =
  ({ tracing }: Telemetry, runGit: RunGit): RunGit =>
  (args, options) => {
    const command = remoteCommands.find((remote) => args.includes(remote));
    if (command === undefined) return runGit(args, options);
    return tracing.span({ name: `git ${command}`, kind: 'client' }, async ({ say, fail }) => {
      const outcome = await runGit(args, options);
      say({
        outcome: outcome.stopped ?? 'ended',
        ...(outcome.code === null ? {} : { exit_code: outcome.code }),
      });
      if (outcome.code !== 0) fail('git could not fetch from the server.');
      return outcome;
    });
  };
