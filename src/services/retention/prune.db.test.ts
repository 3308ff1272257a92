import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { callSlots, callWaits } from '#db/schema/call-slots.ts';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { apiTokens, sessions, signInLinks, siweNonces, userIdentities } from '#db/schema/users.ts';
import { dayMs, pruneRig } from '#testing/rigs/prune-rig.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import { erasePrivateGroundTruths } from './erase-private.ts';
import { prune } from './prune.ts';

test('replays are deleted after 90 days, ground truth and answer keys after 180; runs and certificates with their evidence stay', async () => {
  const { start, pump, run, db, context, days, rowsOf } = await pruneRig({ costUsd: 0.01 });
  const runId = await start({ judge: 'anthropic' });
  await pump();
  const ended = await run(runId);
  const { certificateId } = ended;
  const [replay] = await db.select().from(verificationReplays);
  await db.insert(judgeBatchItems).values({
    runId,
    replayId: replay?.id ?? '',
    call: 'first/precision',
    state: 'done',
    reply: {},
    spendId: randomUUID(),
  });
  const certificate = await getPublicCertificate(context, certificateId ?? '');
  // For each of two replays the key, three verdicts and three on the baseline were paid for.
  const whole = {
    replays: 2,
    batchItems: 1,
    spend: 14,
    records: 2,
    snapshots: 1,
    keys: 2,
    slots: 2,
    runs: 1,
    certificates: 1,
    scores: 2,
  };
  expect(await rowsOf()).toEqual(whole);

  days(89);
  await prune(context);
  expect(await rowsOf()).toEqual({ ...whole, slots: 0 });
  days(2);
  await prune(context);
  const withoutReplays = { ...whole, slots: 0, replays: 0, batchItems: 0, spend: 1 };
  expect(await rowsOf()).toEqual(withoutReplays);
  days(88);
  await prune(context);
  expect(await rowsOf()).toEqual(withoutReplays);
  days(2);
  await prune(context);
  expect(await rowsOf()).toEqual({ ...withoutReplays, records: 0, snapshots: 0, keys: 0 });

  expect(await getPublicCertificate(context, certificateId ?? '')).toEqual({
    ...certificate,
    standing: 'expired',
    expired: true,
  });
  expect(ended).toMatchObject({
    status: 'COMPLETED',
    progress: 2,
    total: 2,
    costUsd: expect.closeTo(0.14, 9),
    usage: { calls: 14 },
  });
  const { costUsd, ...others } = ended;
  expect(await run(runId)).toEqual({ ...others, costUsd: expect.closeTo(costUsd, 9) });
});

test('ground truth that a later run read again stays with that run, and a run under way loses nothing', async () => {
  const { start, pump, context, days, rowsOf, replaysOf } = await pruneRig();
  await start();
  await pump();
  days(170);
  const later = await start();
  await pump();
  const underWay = await start();
  days(80);
  await prune(context);
  expect(await replaysOf(later)).toBe(2);
  expect(await rowsOf()).toMatchObject({ replays: 2, records: 2, snapshots: 1 });
  await pump();
  days(95);
  const open = await start();
  await prune(context);
  expect([await replaysOf(later), await replaysOf(underWay)]).toEqual([0, 0]);
  expect(await rowsOf()).toMatchObject({ runs: 4 });
  await pump();
  expect(await replaysOf(open)).toBe(2);
});

test('one of many workers prunes, and not again within the hour', async () => {
  const { context, db, wait } = await pruneRig();
  const leave = () =>
    db
      .insert(callSlots)
      .values({ resource: 'r', userId: randomUUID(), takenAt: new Date(0), expiresAt: new Date(1) });
  await leave();
  await Promise.all([prune(context), prune(context), prune(context)]);
  expect(await db.$count(callSlots)).toBe(0);
  await leave();
  wait(59 * 60_000);
  await prune(context);
  expect(await db.$count(callSlots)).toBe(1);
  wait(2 * 60_000);
  await prune(context);
  expect(await db.$count(callSlots)).toBe(0);
});

test.each([
  ['ahead of', 200],
  ['behind', -200],
])('a worker whose clock is 200 days %s the database’s deletes nothing, and says so', async (_, days) => {
  const { context, db, logged, start, pump, rowsOf, wait } = await pruneRig({ costUsd: 0.01 });
  await start({ judge: 'anthropic' });
  await pump();
  const before = await rowsOf();
  // Of the two clocks either may be the wrong one.
  for (const wrong of ['process', 'database'] as const) {
    const clocks = await context.readClocks();
    const moved = { ...clocks, [wrong]: new Date(clocks[wrong].getTime() + days * dayMs) };
    const astray = { ...context, readClocks: async () => moved };
    await prune(astray);
    await erasePrivateGroundTruths(astray);
  }
  expect(await rowsOf()).toEqual(before);
  expect(logged.map(({ message }) => message)).toEqual([expect.stringContaining('Nothing is deleted')]);
  // It took no turn of a worker whose clock is right.
  wait(200 * dayMs);
  await prune(context);
  expect(await rowsOf()).toMatchObject({ replays: 0, keys: 0 });
  expect(await db.$count(verificationRuns)).toBe(1);
});

test('what limits counted an hour ago is deleted', async () => {
  const { context, db, wait } = await pruneRig();
  const refusedAt = context.now();
  const userId = randomUUID();
  await db.insert(callWaits).values({ resource: 'r', userId, refusedAt });
  await db.insert(callSlots).values({ resource: 'r', userId, takenAt: refusedAt, expiresAt: refusedAt });
  await prune(context);
  expect([await db.$count(callWaits), await db.$count(callSlots)]).toEqual([1, 1]);
  wait(61 * 60_000);
  await prune(context);
  expect([await db.$count(callWaits), await db.$count(callSlots)]).toEqual([0, 0]);
});

test('more rows than one batch holds are deleted in one turn', async () => {
  const { context, db } = await pruneRig();
  const row = { resource: 'r', userId: randomUUID(), takenAt: new Date(0), expiresAt: new Date(1) };
  await db.insert(callSlots).values(Array.from({ length: 2_500 }, () => row));
  await prune(context);
  expect(await db.$count(callSlots)).toBe(0);
});

test('ended sessions, tokens and links are deleted after 30 days by the database’s clock, nonces once they expire', async () => {
  const { context, db, owner, wait } = await pruneRig();
  const { userId } = owner;
  const [identity] = await db
    .insert(userIdentities)
    .values({ userId, provider: 'wallet', subject: '0x1' })
    .returning({ identityId: userIdentities.id });
  const { identityId = '' } = identity ?? {};
  const at = (days: number) => new Date(Date.now() + days * dayMs);
  const digest = (index: number) => String(index).padStart(64, '0');
  const sessionsOf: [endedAt: Date | null, expiresAt: Date, lastUsedAt: Date][] = [
    [null, at(1), at(0)],
    [at(-29), at(1), at(0)],
    [null, at(-29), at(-29)],
    [at(-31), at(1), at(0)],
    [null, at(-31), at(0)],
    [null, at(1), at(-31)],
  ];
  await db.insert(sessions).values(
    sessionsOf.map(([endedAt, expiresAt, lastUsedAt], index) => ({
      ...{ userId, identityId, carrier: 'cookie' as const, secretHash: digest(index) },
      ...{ endedAt, expiresAt, lastUsedAt },
    })),
  );
  const tokensOf: [revokedAt: Date | null, expiresAt: Date | null][] = [
    [null, null],
    [at(-29), null],
    [null, at(-29)],
    [at(-31), null],
    [null, at(-31)],
  ];
  await db.insert(apiTokens).values(
    tokensOf.map(([revokedAt, expiresAt], index) => ({
      ...{ userId, name: 'ci', scopes: ['runs:read' as const], tokenHash: digest(index) },
      ...{ revokedAt, expiresAt },
    })),
  );
  await db
    .insert(signInLinks)
    .values(
      [at(0), at(-29), at(-31)].map((expiresAt, index) => ({ userId, tokenHash: digest(index), expiresAt })),
    );
  await db.insert(siweNonces).values([
    { nonce: 'live', expiresAt: at(1) },
    { nonce: 'expired', expiresAt: at(-1) },
  ]);
  // This worker's clock is years ahead.
  wait(1_000 * dayMs);
  await prune(context);
  const left = async (table: typeof sessions | typeof apiTokens) =>
    (await db.select().from(table))
      .map((row) => ('secretHash' in row ? row.secretHash : row.tokenHash))
      .sort();
  expect(await left(sessions)).toEqual([0, 1, 2].map(digest));
  expect(await left(apiTokens)).toEqual([0, 1, 2].map(digest));
  expect(await db.$count(signInLinks)).toBe(2);
  expect(await db.select({ nonce: siweNonces.nonce }).from(siweNonces)).toEqual([{ nonce: 'live' }]);
});
