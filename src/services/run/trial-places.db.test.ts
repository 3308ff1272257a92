import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { TryRequest } from '#contracts/run-request.ts';
import { inquiries } from '#db/schema/inquiries.ts';
import { users } from '#db/schema/users.ts';
import type { Actor } from '#services/ground/index.ts';
import { testRig } from '#testing/rigs/engine-rig.ts';
import { changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import { mostOfAddress, mostOfNetwork, mostOfNewcomers } from './inquire.ts';
import { tryRunOracle } from './try.ts';

const request: TryRequest = {
  repoUrl: 'owner/name',
  oracleType: 'http',
  oracleUrl: 'https://oracle.example/ask',
  oracleHeaders: {},
  githubToken: null,
};

test('all users together have a bounded number of trials that wait', async () => {
  const { context, db, user, answering } = await testRig({ draw: async () => drawOf(changeNumbers(1)) });
  const actors = await Promise.all(Array.from({ length: 64 }, () => user()));
  const trials = Promise.all(actors.map((actor) => tryRunOracle(context, actor, request)));
  await expect.poll(() => db.$count(inquiries)).toBe(64);
  const late = await user();
  await expect(tryRunOracle(context, late, request)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  expect(await answering(trials)).toHaveLength(64);
  expect((await answering(tryRunOracle(context, late, request))).change.id).toBe('1');
});

test('strangers fill half of the places, and their jobs count for them', async () => {
  const { context, db, user, queued, answering } = await testRig();
  const strangers = await Promise.all(
    Array.from({ length: 33 }, (_, at) => user({ provider: 'github', subject: `9000${at}` })),
  );
  const last = strangers.pop();
  if (last === undefined) throw new Error('No stranger was made.');
  await db.update(users).set({ createdAt: sql`now() - interval '25 hours'` });
  const theirs = Promise.all(strangers.map((actor) => tryRunOracle(context, actor, request)));
  await expect.poll(() => db.$count(inquiries)).toBe(32);
  await expect(tryRunOracle(context, last, request)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  const listed = tryRunOracle(context, await user(), request);
  await expect.poll(() => db.$count(inquiries)).toBe(33);
  const counted = (await queued()).map(({ stranger }) => stranger);
  expect(new Set(counted.slice(0, 32))).toEqual(new Set(strangers.map(({ userId }) => userId)));
  expect(counted[32]).toBeNull();
  expect(await answering(Promise.all([theirs, listed]))).toHaveLength(2);
});

test('strangers of one address fill few places, however many accounts they have', async () => {
  const { context, db, user, answering } = await testRig();
  let made = 0;
  const stranger = () => user({ provider: 'wallet', subject: `0x${String(++made).padStart(40, '0')}` });
  const from = (address: string | null) => ({ address });
  const outcome = (asked: Promise<unknown>) =>
    asked.then(
      () => 'answered',
      ({ code }) => code,
    );
  const strangers = await Promise.all(Array.from({ length: 20 }, stranger));
  // All at once, so that each could find the last place free.
  const ofOne = Promise.all(
    strangers.map((actor) => outcome(tryRunOracle(context, actor, request, from('203.0.113.7')))),
  );
  await expect.poll(() => db.$count(inquiries)).toBe(mostOfAddress);
  const others = Promise.all([
    outcome(tryRunOracle(context, await stranger(), request, from('2001:db8::/64'))),
    outcome(tryRunOracle(context, await stranger(), request, from(null))),
    // Whom the operator listed is no stranger.
    outcome(tryRunOracle(context, await user(), request, from('203.0.113.7'))),
  ]);
  await expect.poll(() => db.$count(inquiries)).toBe(mostOfAddress + 3);
  expect((await answering(ofOne)).toSorted()).toEqual([
    ...Array(20 - mostOfAddress).fill('TOO_MANY_REQUESTS'),
    ...Array(mostOfAddress).fill('answered'),
  ]);
  expect(await answering(others)).toEqual(['answered', 'answered', 'answered']);
  const again = tryRunOracle(context, strangers[0] ?? (await stranger()), request, from('203.0.113.7'));
  expect((await answering(again)).change.id).toBe('1');
});

test('strangers of one network fill few places, and new accounts leave some to older ones', async () => {
  const { context, db, user, answering } = await testRig();
  let made = 0;
  const stranger = () => user({ provider: 'wallet', subject: `0x${String(++made).padStart(40, '0')}` });
  /** From as many addresses. Those of one network are refused without waiting. */
  const askFrom = async (addresses: (string | null)[], actors: Actor[] = []) => {
    const before = await db.$count(inquiries);
    const outcomes: Promise<string>[] = [];
    let refused = 0;
    for (const [at, address] of addresses.entries()) {
      const asked = tryRunOracle(context, actors[at] ?? (await stranger()), request, { address });
      const outcome = asked.then(
        () => 'answered',
        ({ code, message }) => {
          refused += 1;
          return `${code}: ${message}`;
        },
      );
      outcomes.push(outcome);
    }
    const settled = async () => (await db.$count(inquiries)) - before + refused;
    await expect.poll(settled).toBe(addresses.length);
    return { taken: addresses.length - refused, outcomes: Promise.all(outcomes) };
  };
  const site = await askFrom(Array.from({ length: 16 }, (_, at) => `2001:db8:1:${at % 8}::/64`));
  const neighbours = await askFrom(Array.from({ length: 16 }, (_, at) => `203.0.113.${at}`));
  expect([site.taken, neighbours.taken]).toEqual([mostOfNetwork, mostOfNetwork]);
  const older = await Promise.all([stranger(), stranger()]);
  for (const { userId } of older)
    await db.update(users).set({ createdAt: sql`now() - interval '25 hours'` }).where(eq(users.id, userId));
  const crowd = await askFrom([...Array.from({ length: 20 }, (_, at) => `2001:db8:9${at}::/64`), null]);
  expect(crowd.taken).toBe(mostOfNewcomers - 2 * mostOfNetwork);
  expect((await askFrom(['198.51.100.1', null], older)).taken).toBe(2);
  expect((await askFrom(['2001:db8:2::/64'])).taken).toBe(0);
  // The owner comes first, whatever strangers hold.
  expect((await askFrom(['203.0.113.1'], [await user({ provider: 'local', subject: 'owner' })])).taken).toBe(
    1,
  );
  const all = await answering(Promise.all([site.outcomes, neighbours.outcomes, crowd.outcomes]));
  expect(all.flat().filter((outcome) => outcome === 'answered')).toHaveLength(mostOfNewcomers);
  expect(all[0]).toContainEqual(
    expect.stringMatching(/^TOO_MANY_REQUESTS: .* from your (?:address|network) /),
  );
});

test('a trial that nobody waits for any more makes room at once', async () => {
  const { context, user, db, answering } = await testRig();
  const actor = await user();
  const gone = new AbortController();
  const left = tryRunOracle(context, actor, request, { signal: gone.signal });
  await expect.poll(() => db.$count(inquiries)).toBe(1);
  gone.abort();
  await expect(left).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect((await answering(tryRunOracle(context, actor, request))).change.id).toBe('1');
});
