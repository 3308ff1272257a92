import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { isTerminal } from '#contracts/run.ts';
import type { RunRequest } from '#contracts/run-request.ts';
import type { Actor } from '#services/ground/index.ts';
import { getRun } from '#services/run/index.ts';
import { testDatabase } from '../rigs/database.ts';
import { runRequest } from '../rigs/engine-rig.ts';
import { eventually } from './eventually.ts';
import { fleetSettings, startWorkers } from './fleet.ts';
import { openOutside, repositoryOf } from './outside.ts';
import { openFrontDesk } from './runs.ts';

/**
 * An installation for one test: a database, the services around it, a front desk, and the worker processes that the test
 * starts. Run 0 has `changes[0]` changes in a repository of its own, and so on. All of it is closed when the test ends.
 */
export const openFleet = async ({ workers, changes }: { workers: number; changes: number[] }) => {
  const { databaseUrl, close } = await testDatabase();
  onTestFinished(close);
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-fleet-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const outside = await openOutside({ workers, changes });
  onTestFinished(outside.close);
  const desk = await openFrontDesk(databaseUrl);
  onTestFinished(desk.close);

  const settings = fleetSettings(databaseUrl, dataDir);
  /** The whole environment of the worker at this place. */
  const settingsOf = (place: number) => ({ ...settings, ...outside.settingsOf(place) });
  /** Starts all workers; `more` comes on top of their settings. */
  const start = async (more: Record<string, string> = {}) => {
    const started = await startWorkers(
      workers,
      { settingsOf: (place) => ({ ...outside.settingsOf(place), ...more }) },
      settings,
    );
    onTestFinished(async () => {
      await Promise.all(started.map((worker) => worker.end(1_000)));
    });
    return started;
  };

  /** Accepts the run of this number, of the installation’s owner unless somebody else is named. */
  const accept = async (run: number, request: Partial<RunRequest> = {}, actor?: Actor) =>
    desk.accept(
      actor ?? (await desk.owner()),
      runRequest({
        repoUrl: repositoryOf(run),
        constructId: `run-${run}`,
        oracleUrl: outside.oracleUrl,
        judge: 'anthropic',
        limit: changes[run] ?? 1,
        minReplays: 1,
        ...request,
      }),
    );
  const show = async (runId: string, actor?: Actor) =>
    getRun(desk.context, actor ?? (await desk.owner()), runId);
  /** The run once it has ended. The bound only catches what hangs. */
  const ended = (runId: string) =>
    eventually(
      'The end of the run',
      () => show(runId),
      ({ status }) => isTerminal(status),
      { withinMs: 600_000 },
    );
  return { databaseUrl, db: desk.db, outside, settingsOf, start, accept, show, ended };
};
