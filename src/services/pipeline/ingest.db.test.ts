import { expect, test } from 'vitest';
import { maxRunErrorLength } from '#contracts/errors.ts';
import { runSecrets } from '#db/schema/runs.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import { runRequest } from '#testing/rigs/engine-rig.ts';
import { changeNumbers, drawOf, type Script } from '#testing/rigs/scripted-engine.ts';
import { SourceError } from '#verification/sources/source.ts';
import { createRun } from '../run/create.ts';
import { ingestRun } from './ingest.ts';

test('a run that cannot be ingested ends FAILED in the source’s words, with no certificate and no secret left', async () => {
  const { pump, run, db } = await startedRun({
    draw: async () => {
      throw new SourceError(
        'not_found',
        'There is no repository owner/name, or it is private: give a token.',
      );
    },
  });
  await pump();
  expect(await run()).toMatchObject({
    status: 'FAILED',
    error: 'There is no repository owner/name, or it is private: give a token.',
    certificateId: null,
    progress: 0,
    total: 0,
  });
  expect(await db.$count(runSecrets)).toBe(0);
});

test('a failing pipeline ends FAILED with its message cut at 2,000 characters, never inside one', async () => {
  const message = `${'x'.repeat(maxRunErrorLength - 1)}😀 and more`;
  const { pump, run } = await startedRun({
    draw: async () => {
      throw new SourceError('invalid', message);
    },
  });
  await pump();
  const { status, error } = await run();
  expect(status).toBe('FAILED');
  expect(error).toBe('x'.repeat(maxRunErrorLength - 1));
});

test('a passing fault of the source is tried again, and shown only if it outlasts the tries', async () => {
  let faults = 1;
  const flaky: Script = {
    draw: async ({ limit }) => {
      faults -= 1;
      if (faults >= 0) throw new SourceError('unreachable', 'GitHub does not answer.', { retryable: true });
      return drawOf(changeNumbers(limit));
    },
  };
  const first = await startedRun(flaky);
  await first.pump();
  expect(await first.run()).toMatchObject({ status: 'COMPLETED', error: null });
  faults = 100;
  const second = await startedRun(flaky);
  await second.pump({ tries: 3 });
  expect(faults).toBe(97);
  expect(await second.run()).toMatchObject({ status: 'FAILED', error: 'GitHub does not answer.' });
});

test('a run that meets a source’s limit goes back on the queue, says until when it waits, and holds up nobody', async () => {
  let limited = true;
  const at = await startedRun({
    draw: async ({ limit }) => {
      if (limited)
        throw new SourceError('rate_limited', 'The limit is reached.', {
          retryable: true,
          retryAfterMs: 100_000,
        });
      return drawOf(changeNumbers(limit));
    },
  });
  const { context } = at;
  const second = await at.user();
  const { runId: secondId } = await createRun(context, second, runRequest());
  for (const runId of [at.runId, secondId]) await ingestRun(context, { runId });
  const back = (await at.queued()).slice(-2);
  expect(back.map(({ name, afterMs }) => [name, afterMs])).toEqual([
    ['ingest-run', 100_000],
    ['ingest-run', 100_000],
  ]);
  expect(await at.run()).toMatchObject({
    status: 'INGESTING',
    error: null,
    waitingFor: expect.stringMatching(
      /^Waiting: the source’s rate limit is reached\. .* at \d\d:\d\d UTC\.$/,
    ),
  });
  limited = false;
  await at.pump();
  expect(await at.run()).toMatchObject({ status: 'COMPLETED', waitingFor: null });
});

test('a limit is waited for a day, and then the run fails in the source’s words', async () => {
  const at = await startedRun({
    draw: async () => {
      at.wait(60 * 60_000);
      throw new SourceError('rate_limited', 'The limit is reached.', { retryable: true });
    },
  });
  await at.pump();
  expect(at.calls.length).toBeGreaterThanOrEqual(24);
  expect(await at.run()).toMatchObject({ status: 'FAILED', error: 'The limit is reached.' });
});

test('a source out of reach is waited for a minute, not for all of the queue’s tries', async () => {
  const unreachable = await startedRun({
    draw: async () => {
      unreachable.wait(25_000);
      throw new SourceError('unreachable', 'git.example does not answer.', { retryable: true });
    },
  });
  await unreachable.pump({ tries: 25 });
  expect(unreachable.calls).toEqual(['draw', 'draw', 'draw']);
  expect(await unreachable.run()).toMatchObject({ status: 'FAILED', error: 'git.example does not answer.' });
});

test('between two tries the run says what stopped the first, without its secrets', async () => {
  const seen: (string | null)[] = [];
  const watched = await startedRun(
    {
      draw: async ({ limit }) => {
        seen.push((await watched.run()).activity);
        if (seen.length > 1) return drawOf(changeNumbers(limit));
        throw new SourceError('unreachable', 'No answer to planted-token.', { retryable: true });
      },
    },
    { limit: 2, minReplays: 2, githubToken: 'planted-token' },
  );
  await watched.pump();
  expect(seen).toEqual([null, 'Trying again: No answer to [REDACTED].']);
  expect(await watched.run()).toMatchObject({ status: 'COMPLETED', activity: null });
});

test('a repository without a usable change fails its run', async () => {
  const { pump, run } = await startedRun({ draw: async () => drawOf([]) });
  await pump();
  expect(await run()).toMatchObject({ status: 'FAILED', error: expect.stringContaining('no merged change') });
});

test('while ground truth is fetched the run says what it waits for, without its secrets, and stops saying so afterwards', async () => {
  const seen: (string | null)[] = [];
  const watched = await startedRun(
    {
      draw: async (config, _secrets, request) => {
        request.onProgress?.('Waiting for GitHub’s limit until 14:05 UTC with planted-token');
        await expect.poll(async () => (await watched.run()).activity).not.toBeNull();
        seen.push((await watched.run()).activity);
        return drawOf(changeNumbers(config.limit));
      },
    },
    { limit: 2, minReplays: 2, githubToken: 'planted-token' },
  );
  await watched.pump();
  expect(seen).toEqual(['Waiting for GitHub’s limit until 14:05 UTC with [REDACTED]']);
  expect((await watched.run()).activity).toBeNull();
});
