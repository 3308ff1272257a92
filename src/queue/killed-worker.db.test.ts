import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import type { Job } from './jobs.ts';
import { openSender } from './pg-boss.ts';
import { workQueues } from './work.ts';

const nothing = async () => {};
const silent = { info: () => {}, warn: () => {}, error: () => {} };

test('another worker does the job of a worker killed with kill -9 once its lease of ten seconds is over', async () => {
  const { databaseUrl, db, sql, close } = await testDatabase();
  const { sender, close: closeSender } = openSender(db);
  const killed = spawn(
    process.execPath,
    [join(import.meta.dirname, '../testing/rigs/stuck-worker.ts'), databaseUrl],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void killed.kill('SIGKILL'));
  const job: Job = { name: 'score-replay', data: { runId: randomUUID(), replayId: randomUUID() } };
  await sender.enqueue(db, [job]);
  await once(killed.stdout, 'data');
  const ended = once(killed, 'exit');
  killed.kill('SIGKILL');
  await ended;
  // As if the length of the lease had passed.
  const leases = await sql`
    update pgboss.job set heartbeat_on = heartbeat_on - heartbeat_seconds * interval '1 s'
    where state = 'active' returning heartbeat_seconds`;
  expect(leases).toEqual([{ heartbeat_seconds: 10 }]);
  const done: unknown[] = [];
  const other = await workQueues({
    judges: judgeProviders,
    databaseUrl,
    handlers: {
      'ingest-run': nothing,
      'score-replay': async (data) => void done.push(data),
      'certify-run': nothing,
      'answer-inquiry': nothing,
      'sign-log': nothing,
    },
    deadLetter: nothing,
    periodic: {},
    logger: silent,
  });
  onTestFinished(async () => {
    await other.stop(1_000);
    await closeSender();
    await close();
  });
  await expect.poll(() => done).toEqual([job.data]);
});
