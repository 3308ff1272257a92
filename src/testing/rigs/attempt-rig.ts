import { asc } from 'drizzle-orm';
import { expect } from 'vitest';
import { type LogEntry, logEntrySchema } from '#contracts/log.ts';
import type { RunRequest } from '#contracts/run-request.ts';
import type { Database } from '#db/client.ts';
import { logEntries, logRegistrations } from '#db/schema/log.ts';
import { getCheckpoint } from '#services/log/index.ts';
import { cancelRun } from '#services/run/index.ts';
import { parseCheckpoint } from '#verification/log/checkpoint.ts';
import { parseNote } from '#verification/log/note.ts';
import { pruneRig } from './prune-rig.ts';
import type { Script } from './scripted-engine.ts';

export const entriesOf = async (db: Database): Promise<LogEntry[]> => {
  const rows = await db.select().from(logEntries).orderBy(asc(logEntries.index));
  return rows.map(({ data }) => logEntrySchema.parse(JSON.parse(new TextDecoder().decode(data))));
};
/** The log’s entries of one kind. */
export const ofKind = async <Kind extends LogEntry['kind']>(db: Database, kind: Kind) =>
  (await entriesOf(db)).filter((entry): entry is Extract<LogEntry, { kind: Kind }> => entry.kind === kind);

export const registrations = (db: Database) =>
  db.select().from(logRegistrations).orderBy(asc(logRegistrations.logIndex));

/** The size of the checkpoint that is served. */
export const sizeServed = async (context: Parameters<typeof getCheckpoint>[0]) =>
  parseCheckpoint(parseNote(await getCheckpoint(context)).text).size;

/** Completes a run, and returns its rig. */
export const completedAttempt = async (script: Script = {}, request: Partial<RunRequest> = {}) => {
  const rig = await pruneRig(script);
  const runId = await rig.start(request);
  await rig.pump();
  expect(await rig.run(runId)).toMatchObject({ status: 'COMPLETED' });
  return { ...rig, runId };
};

/** A run that was cancelled after its first replay had been scored. */
export const cancelledAttempt = async () => {
  const cancel: { now?: () => Promise<unknown> } = {};
  const rig = await pruneRig({
    oracle: async ({ pr }) => {
      if (pr.id === '2') await cancel.now?.();
      return undefined;
    },
  });
  const runId = await rig.start();
  cancel.now = () => cancelRun(rig.context, rig.owner, runId);
  await rig.pump();
  delete cancel.now;
  expect(await rig.run(runId)).toMatchObject({ status: 'FAILED', error: 'Cancelled by its owner' });
  return { ...rig, runId };
};
