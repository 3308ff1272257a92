import { createHash } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { disputeTextSchema } from '#contracts/certificate-standing.ts';
import { logEntries } from '#db/schema/log.ts';
import { deleteDisputeText, getDisputeText } from '#rest/certificates.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { issuedRig } from '#testing/rigs/issued-rig.ts';
import { bearer } from '#testing/rigs/rest-rig.ts';
import { readLogEntry } from '#verification/certificate/log-entry.ts';
import { closeDispute, getDisputeOpening, openDispute, removeDisputeText } from './dispute.ts';
import { listPublicCertificates } from './list.ts';
import { revokeCertificate } from './revoke.ts';

const text = 'Its oracle saw these pull requests before.';

const disputing = async () => {
  const rig = await issuedRig();
  const id = rig.certificateId;
  const local = await rig.user({ provider: 'local', subject: 'owner' });
  const entries = async () =>
    (
      await rig.db.select().from(logEntries).where(eq(logEntries.kind, 'dispute')).orderBy(logEntries.index)
    ).map(({ data }) => readLogEntry(data));
  const listed = async () =>
    (await listPublicCertificates(rig.context, { sort: 'created_desc', limit: 20, offset: 0 }))
      .certificates[0];
  return { ...rig, id, local, entries, listed };
};

test('a dispute is a warning on everything that shows the certificate, until it is closed', async () => {
  const { context, id, local, entries, listed } = await disputing();
  const opened = await openDispute(context, local, { id, text });
  expect(opened).toMatchObject({ standing: 'disputed', disputes: [{ text, closedAt: null }] });
  expect(await listed()).toMatchObject({ standing: 'disputed' });
  const dispute = opened.disputes[0]?.id ?? '';
  const closed = await closeDispute(context, local, dispute);
  expect(closed).toMatchObject({
    standing: 'valid',
    disputes: [{ id: dispute, closedAt: expect.any(String) }],
  });
  expect(await closeDispute(context, local, dispute)).toEqual(closed);
  expect(await listed()).toMatchObject({ standing: 'valid' });
  expect(await entries()).toMatchObject([
    { subject: dispute, certificate: id, step: 'opened', commitment: expect.any(String) },
    { certificate: id, step: 'closed', commitment: null },
  ]);
  // A new dispute can be opened.
  expect(await openDispute(context, local, { id, text: 'Once more.' })).toMatchObject({
    standing: 'disputed',
    disputes: [{ text: 'Once more.' }, { text }],
  });
});

test('the entry commits to the words with a salt, and holds none of them', async () => {
  const { context, id, local, entries, db } = await disputing();
  const { disputes } = await openDispute(context, local, { id, text });
  const opening = await getDisputeOpening(context, disputes[0]?.id ?? '');
  expect(JSON.parse(opening ?? '')).toEqual({
    format: 'echelon-dispute/v1',
    dispute: disputes[0]?.id,
    certificate: id,
    salt: expect.stringMatching(/^[0-9a-f]{64}$/),
    text,
  });
  expect(await entries()).toMatchObject([
    {
      commitment: createHash('sha256')
        .update(opening ?? '')
        .digest('hex'),
    },
  ]);
  for (const { data } of await db.select().from(logEntries))
    expect(new TextDecoder().decode(data)).not.toMatch(/oracle saw|pull requests/);
});

test('the same words again are the same dispute, and other words are refused while it is open', async () => {
  const { context, id, local, entries } = await disputing();
  const [first, second] = await Promise.all([1, 2].map(() => openDispute(context, local, { id, text })));
  expect(first).toEqual(second);
  await expect(openDispute(context, local, { id, text: 'Other words.' })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  expect(await entries()).toHaveLength(1);
});

test('removed words are gone from every table, and 410; the entry and the dispute stay', async () => {
  const rig = await disputing();
  const { context, id, local, entries, rest } = rig;
  const dispute = (await openDispute(context, local, { id, text })).disputes[0]?.id ?? '';
  const before = await entries();
  const opening = JSON.parse((await getDisputeOpening(context, dispute)) ?? '');
  const address = `http://127.0.0.1:3000/api/v1/verification/disputes/${dispute}/text`;
  const read = () => getDisputeText(rest, new Request(address), dispute);
  expect((await read()).status).toBe(200);
  const removal = await deleteDisputeText(
    rest,
    new Request(address, { method: 'DELETE', headers: bearer(await fullToken(context, local)) }),
    dispute,
  );
  expect(await removal.json()).toMatchObject({
    standing: 'disputed',
    disputes: [{ id: dispute, text: null, text_removed_at: expect.any(String), closed_at: null }],
  });
  expect((await read()).status).toBe(410);
  expect(await entries()).toEqual(before);
  const dump = await rig.dump();
  for (const gone of [text, opening.salt]) expect(dump).not.toContain(gone);
  const again = await removeDisputeText(context, local, dispute);
  expect(again.disputes).toMatchObject([{ id: dispute, text: null }]);
  // Whoever removed the words of an open dispute cannot open it in the same words and be told that it is there.
  await expect(openDispute(context, local, { id, text })).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('only the installation’s owner may dispute, close and remove', async () => {
  const { context, id, local, owner, user } = await disputing();
  const stranger = await user();
  const dispute = (await openDispute(context, local, { id, text })).disputes[0]?.id ?? '';
  for (const actor of [owner, stranger]) {
    const forbidden = { code: 'FORBIDDEN' };
    await expect(openDispute(context, actor, { id, text })).rejects.toMatchObject(forbidden);
    await expect(closeDispute(context, actor, dispute)).rejects.toMatchObject(forbidden);
    await expect(removeDisputeText(context, actor, dispute)).rejects.toMatchObject(forbidden);
  }
  for (const unknown of ['x', id]) {
    await expect(closeDispute(context, local, unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(removeDisputeText(context, local, unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(getDisputeOpening(context, unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }
});

test('what is revoked stays revoked when it is disputed', async () => {
  const { context, id, local, listed } = await disputing();
  await openDispute(context, local, { id, text });
  await revokeCertificate(context, local, { id, reason: 'issued_in_error' });
  expect(await listed()).toMatchObject({ standing: 'revoked' });
});

test('words have at most 500 characters and no control characters', () => {
  expect(disputeTextSchema.parse(` ${'é'.repeat(500)}\n`)).toBe('é'.repeat(500));
  for (const refused of ['', ' \n', 'a'.repeat(501), 'a\0b', 'a\u001bb', '\ud800'])
    expect(disputeTextSchema.safeParse(refused).success, JSON.stringify(refused)).toBe(false);
});
