import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { certificateEvidence } from '#db/schema/certificate-documents.ts';
import { evidenceDays } from '#db/schema/evidence-days.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { openPolicy, runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { mostEvidenceBytes } from '#verification/certificate/run-evidence.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { failRun } from '../state/transitions.ts';
import { continueRun } from './continue.ts';
import { createRun } from './create.ts';
import { createSampleRun } from './create-sample.ts';

/** An installation that lets strangers leave the evidence of so many replays. */
const roomFor = async ({ perDay = 1_000, ever = 1_000 }: { perDay?: number; ever?: number }) => {
  const rig = await testRig();
  const strangersEvidence = { perDay: perDay * mostEvidenceBytes, ever: ever * mostEvidenceBytes };
  const context = {
    ...rig.context,
    policy: { ...openPolicy, limits: { ...openPolicy.limits, strangersEvidence } },
  };
  let made = 0;
  const stranger = () => rig.user({ provider: 'wallet', subject: `0x${++made}` });
  const start = async (who?: Actor, limit = 3) =>
    (await createRun(context, who ?? (await stranger()), runRequest({ limit, minReplays: 1 }))).runId;
  const fail = (runId: string) => failRun(rig.db, runId, 'Cancelled by its owner', context.now());
  const left = async () => {
    const [row] = await rig.db
      .select({ bytes: sql<number>`coalesce(sum(${evidenceDays.bytes}), 0)::int` })
      .from(evidenceDays);
    return row?.bytes ?? 0;
  };
  return { ...rig, context, stranger, start, fail, left };
};

const refusal = (code: string, words: RegExp) => ({ code, message: expect.stringMatching(words) });
const noRoomEver = refusal('SERVICE_UNAVAILABLE', /kept for good.*raise MAX_STRANGERS_EVIDENCE_MB or/);
const noRoomToday = refusal(
  'SERVICE_UNAVAILABLE',
  /of a day.*MAX_STRANGERS_EVIDENCE_MB_PER_DAY.*after 00:00 UTC/,
);
const ownShareTaken = refusal(
  'TOO_MANY_REQUESTS',
  /one user’s.*quarter of MAX_STRANGERS_EVIDENCE_MB_PER_DAY/,
);

test.each([
  ['ever', { ever: 10 }, noRoomEver],
  ['of a day', { perDay: 10 }, noRoomToday],
])(
  'strangers’ runs are admitted while there is room for the most that they may leave %s, with however many accounts',
  async (_, room, expected) => {
    const { db, context, user, stranger, start, fail } = await roomFor(room);
    const started = await Promise.allSettled(
      Array.from({ length: 10 }, async () => createRun(context, await stranger(), runRequest({ limit: 2 }))),
    );
    expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(await db.$count(verificationRuns)).toBe(5);
    for (const result of started)
      if (result.status === 'rejected') expect(result.reason).toMatchObject(expected);
    await expect(createSampleRun(context, await stranger())).rejects.toMatchObject(expected);
    // Those who may use what costs the operator are not bounded.
    await start(await user());
    await start(await user({ provider: 'local', subject: 'owner' }));
    // A run that ended without a certificate leaves nothing.
    const [admitted] = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    await fail(admitted?.runId ?? '');
    await start(undefined, 2);
  },
);

test('one stranger has a quarter of a day’s room, and a run that is larger never begins', async () => {
  const { stranger, start } = await roomFor({ perDay: 16 });
  const one = await stranger();
  await start(one, 3);
  await expect(start(one, 2)).rejects.toMatchObject(ownShareTaken);
  await start(one, 1);
  await expect(start(await stranger(), 5)).rejects.toMatchObject(ownShareTaken);
  await start(await stranger(), 4);
});

test('a certified run counts at what it left, and what was left stays counted when the day is over', async () => {
  const { db, context, stranger, start, left, pump, wait } = await roomFor({ perDay: 16, ever: 6 });
  const one = await stranger();
  await start(one);
  await start();
  await expect(start()).rejects.toMatchObject(noRoomEver);
  await pump();
  const lines = await db.select().from(certificateEvidence);
  expect(lines).toHaveLength(6);
  const bytes = lines.reduce(
    (sum, { line, opening }) => sum + Buffer.byteLength(line) + Buffer.byteLength(opening ?? ''),
    0,
  );
  expect(await left()).toBe(bytes);
  await start(one);
  await pump();
  expect(await left()).toBeGreaterThan(bytes);
  // One row a day and user.
  expect(await db.$count(evidenceDays)).toBe(2);
  wait(24 * 60 * 60_000);
  await start(one);
  await pump();
  expect(await db.$count(evidenceDays)).toBe(3);
  await db.update(evidenceDays).set({ bytes: 2 * mostEvidenceBytes });
  await expect(start()).rejects.toMatchObject(noRoomEver);
  const wide: ServiceContext = { ...context, policy: openPolicy };
  await createRun(wide, one, runRequest());
});

test('what was left on the days before takes nothing of today’s room', async () => {
  const { db, start, pump, wait } = await roomFor({ perDay: 16 });
  await start();
  await pump();
  await db.update(evidenceDays).set({ bytes: 16 * mostEvidenceBytes });
  await expect(start()).rejects.toMatchObject(noRoomToday);
  wait(24 * 60 * 60_000);
  await start();
});

test('a run that is resumed or retried needs the room again', async () => {
  const { context, stranger, start, fail } = await roomFor({ ever: 7 });
  const one = await stranger();
  const runId = await start(one);
  await ingestRun(context, { runId });
  await fail(runId);
  const continueAs = (how: 'resume' | 'retry') =>
    continueRun(context, one, how, { id: runId, oracleHeaders: {}, githubToken: null });
  const others = [await start(), await start()];
  for (const how of ['resume', 'retry'] as const)
    await expect(continueAs(how)).rejects.toMatchObject(noRoomEver);
  await fail(others[0] ?? '');
  await continueAs('resume');
  await expect(continueAs('retry')).rejects.toMatchObject(noRoomEver);
});

test('free disk is kept for the evidence of every run under way, whoever owns it', async () => {
  const { context, user, stranger, start, fail } = await roomFor({});
  const owner = await user();
  const megabyte = 1024 * 1024;
  const onDisk = (replays: number) => ({
    ...context,
    freeDiskBytes: async () => 512 * megabyte + replays * mostEvidenceBytes,
  });
  const full = refusal('SERVICE_UNAVAILABLE', /disk is nearly full: \d+ MB are free/);
  const runId = await start(owner, 3);
  await expect(createRun(onDisk(5), owner, runRequest({ limit: 3 }))).rejects.toMatchObject(full);
  await expect(createRun(onDisk(5), await stranger(), runRequest({ limit: 3 }))).rejects.toMatchObject(full);
  await createRun(onDisk(5), owner, runRequest({ limit: 2 }));
  await expect(createSampleRun(onDisk(5), owner)).rejects.toMatchObject(full);
  await fail(runId);
  await createRun(onDisk(5), owner, runRequest({ limit: 3 }));
});
