import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { callSlots } from '#db/schema/call-slots.ts';
import { testRig } from '#testing/rigs/engine-rig.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import { limitedOracle } from './guarded-oracle.ts';
import { SlotsTaken } from './slots.ts';

const request = {
  pr: { id: '1', title: 'T', description: '', diff_content: '', files_changed: [] },
  follow_up_question: 'Why?',
};
const answer = { kind: 'answer', answer: {}, latencyMs: 1, retries: 0 };

/** Calls of one worker to oracles that stay silent until they are ended. */
const open = async () => {
  const { context, db } = await testRig();
  let origins = 0;
  return {
    db,
    /** One call to an origin of its own. Resolves, once it is under way, to what ends it. */
    call: async (stranger: string | null) => {
      const silence = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const oracle = {
        ask: async () => {
          begun.resolve();
          await silence.promise;
          return answer;
        },
      } as unknown as Oracle;
      origins += 1;
      const asked = { type: 'http' as const, url: `https://oracle-${origins}.example/ask`, headers: {} };
      const limited = limitedOracle(context, oracle, asked, { userId: randomUUID(), stranger });
      const outcome = limited.ask(request);
      await Promise.race([begun.promise, outcome]);
      return async () => {
        silence.resolve();
        await outcome;
      };
    },
  };
};

test('strangers whose oracles hang leave calls for strangers who have none under way', async () => {
  const { db, call } = await open();
  const held = [];
  for (const stranger of ['203.0.113.0/24', '198.51.100.0/24'])
    for (let calls = 0; calls < 4; calls += 1) held.push(await call(stranger));
  await expect(call('203.0.113.0/24')).rejects.toThrow(SlotsTaken);

  const late = await call('2001:db8:1::/48');
  // It has one now, and takes its turns one after another.
  await expect(call('2001:db8:1::/48')).rejects.toThrow(SlotsTaken);
  await late();
  await (await call('2001:db8:1::/48'))();
  await (await call('2001:db8:2::/48'))();
  // Whom the operator knows is not counted.
  await (await call(null))();
  await (await call(null))();

  for (const end of held) await end();
  const free = [await call('203.0.113.0/24'), await call('203.0.113.0/24')];
  for (const end of free) await end();
  expect((await db.select().from(callSlots)).filter(({ releasedAt }) => releasedAt === null)).toEqual([]);
});
