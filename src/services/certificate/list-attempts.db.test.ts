import { expect, test } from 'vitest';
import { attemptListInputSchema, constructSchema } from '#contracts/construct.ts';
import { createHandlers } from '#jobs/index.ts';
import { closeAttempts } from '#services/pipeline/index.ts';
import { cancelRun, createRun } from '#services/run/index.ts';
import { runRequest } from '#testing/rigs/engine-rig.ts';
import { issuedRig } from '#testing/rigs/issued-rig.ts';
import { failRun } from '../state/transitions.ts';
import { openDispute } from './dispute.ts';
import { listAttempts } from './list-attempts.ts';
import { revokeCertificate } from './revoke.ts';

/** A construct whose first attempt was completed, the second cancelled, the third failed, and the fourth is open. */
const fourAttempts = async () => {
  const rig = await issuedRig();
  const { context, owner } = rig;
  const begin = async () => {
    const runId = await rig.start();
    const { handlers } = createHandlers(context);
    await handlers['ingest-run']({ runId }, new AbortController().signal);
    return runId;
  };
  await cancelRun(context, owner, await begin());
  await failRun(rig.db, await begin(), 'The oracle was away.', context.now());
  rig.days(8);
  await closeAttempts(context);
  await begin();
  const list = async (input: { name?: string; limit?: number; offset?: number; cursor?: string } = {}) => {
    const construct = await listAttempts(
      context,
      attemptListInputSchema.parse({ name: 'construct', ...input }),
    );
    expect(constructSchema.parse(construct)).toEqual(construct);
    return construct;
  };
  return { ...rig, list };
};

test('every attempt is listed with its outcome, the newest first: also the cancelled, the failed and the open one', async () => {
  const { list, certificateId, owner } = await fourAttempts();
  const { attempts, total } = await list();
  expect(total).toBe(4);
  expect(attempts).toMatchObject([
    { outcome: null, closedAt: null, scored: null, mean: null, certificateId: null },
    { outcome: 'failed', scored: 0, mean: null, certificateId: null, closedAt: expect.any(String) },
    { outcome: 'cancelled', scored: 0, certificateId: null, standing: null },
    { outcome: 'completed', scored: 2, mean: expect.any(Number), certificateId, standing: 'valid' },
  ]);
  for (const attempt of attempts) expect(attempt).toMatchObject({ account: owner.userId, n: 2, listed: 3 });
  const indexes = attempts.map(({ logIndex }) => logIndex);
  expect(indexes).toEqual(indexes.toSorted((a, b) => b - a));
});

test('what became of a certificate stands beside its attempt', async () => {
  const { list, context, owner, certificateId: id, user } = await fourAttempts();
  const standing = async () => (await list()).attempts.at(-1)?.standing;
  const local = await user({ provider: 'local', subject: 'owner' });
  await openDispute(context, local, { id, text: 'Wrong.' });
  expect(await standing()).toBe('disputed');
  await revokeCertificate(context, owner, { id, reason: 'issued_in_error' });
  expect(await standing()).toBe('revoked');
});

test('names that people cannot tell apart are one name, other names and accounts are kept apart', async () => {
  const { list, user, context } = await fourAttempts();
  const other = await user();
  const begin = async (constructId: string) => {
    const { runId } = await createRun(context, other, runRequest({ constructId }));
    const { handlers } = createHandlers(context);
    await handlers['ingest-run']({ runId }, new AbortController().signal);
  };
  // In full width, which NFKC makes plain.
  await begin('ｃｏｎｓｔｒｕｃｔ');
  await begin('construct-2');
  const { attempts } = await list();
  expect(attempts).toHaveLength(5);
  expect(new Set(attempts.map(({ account }) => account)).size).toBe(2);
  expect((await list({ name: 'ｃｏｎｓｔｒｕｃｔ' })).attempts).toEqual(attempts);
  expect((await list({ name: 'construct-2' })).total).toBe(1);
});

test('pages follow each other by cursor and by offset', async () => {
  const { list } = await fourAttempts();
  const ids = (await list()).attempts.map(({ id }) => id);
  const first = await list({ limit: 3 });
  const second = await list({ limit: 3, cursor: first.nextCursor ?? '' });
  expect([...first.attempts, ...second.attempts].map(({ id }) => id)).toEqual(ids);
  expect(second).not.toHaveProperty('nextCursor');
  expect((await list({ limit: 2, offset: 1 })).attempts.map(({ id }) => id)).toEqual(ids.slice(1, 3));
  expect((await list({ cursor: 'x' })).attempts).toEqual([]);
  await expect(list({ cursor: ids[0] ?? '', offset: 1 })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test.each(['', 'Construct', 'a\0b', '\ud800', 'construct ', '\u202econstruct', 'x'.repeat(9_000)])(
  'the name %j, which nobody used, is not found',
  async (name) => {
    const { list } = await fourAttempts();
    await expect(list({ name })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  },
);
