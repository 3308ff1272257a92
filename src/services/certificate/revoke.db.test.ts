import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { revocationReasons } from '#contracts/log.ts';
import { certificateRevocations } from '#db/schema/certificate-standing.ts';
import { logEntries, logHead } from '#db/schema/log.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { issuedRig } from '#testing/rigs/issued-rig.ts';
import { tamper } from '#testing/rigs/log-rig.ts';
import { readLogEntry } from '#verification/certificate/log-entry.ts';
import { getCheckpoint } from '../log/read.ts';
import { getPublicCertificate } from './get.ts';
import { listPublicCertificates } from './list.ts';
import { certificateOptions } from './permission.ts';
import { revokeCertificate } from './revoke.ts';
import { getCertificateStanding } from './standing.ts';

const owner = { provider: 'local' as const, subject: 'owner' };
const listed = (rig: Awaited<ReturnType<typeof issuedRig>>) =>
  listPublicCertificates(rig.context, { sort: 'created_desc', limit: 20, offset: 0 });
/** Without keys, as the web process is. */
const webOf = ({
  sequencer: _,
  issuer: __,
  engine: ___,
  ...web
}: Awaited<ReturnType<typeof issuedRig>>['context']) => web;

const revocationsIn = async ({ db }: Awaited<ReturnType<typeof issuedRig>>) =>
  (await db.select().from(logEntries).where(eq(logEntries.kind, 'revocation'))).map(({ data }) =>
    readLogEntry(data),
  );

test.each(revocationReasons)(
  'what is revoked as %s is so everywhere at once, with one entry in the log',
  async (reason) => {
    const rig = await issuedRig();
    const id = rig.certificateId;
    expect((await listed(rig)).certificates).toMatchObject([
      { id, standing: 'valid', attempt: { number: 1, of: 1 }, expiresAt: expect.any(String) },
    ]);
    const answer = await revokeCertificate(webOf(rig.context), rig.owner, { id, reason });
    expect(answer).toMatchObject({ standing: 'revoked', revocationReason: reason });
    expect(await getCertificateStanding(rig.context, id)).toEqual(answer);
    expect(await getPublicCertificate(rig.context, id)).toMatchObject({ id, ...answer });
    expect((await listed(rig)).certificates).toMatchObject([{ id, standing: 'revoked' }]);
    expect(await revocationsIn(rig)).toMatchObject([{ subject: id, reason }]);
  },
);

test('revoking again, also at the same time and for another reason, answers the same', async () => {
  const rig = await issuedRig();
  const id = rig.certificateId;
  const answers = await Promise.all(
    revocationReasons.map((reason) => revokeCertificate(webOf(rig.context), rig.owner, { id, reason })),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await revokeCertificate(webOf(rig.context), rig.owner, { id, reason: 'key_compromised' })).toEqual(
    answers[0],
  );
  expect(await revocationsIn(rig)).toMatchObject([{ reason: answers[0]?.revocationReason }]);
});

test('a worker signs what was appended without keys', async () => {
  const rig = await issuedRig();
  const before = await getCheckpoint(rig.context);
  await revokeCertificate(webOf(rig.context), rig.owner, {
    id: rig.certificateId,
    reason: 'issued_in_error',
  });
  expect(await getCheckpoint(rig.context)).toBe(before);
  expect(await rig.queued()).toMatchObject([{ name: 'sign-log', data: { subject: rig.certificateId } }]);
  await rig.pump();
  const sizeOf = (note: string) => Number(note.split('\n')[1]);
  expect(sizeOf(await getCheckpoint(rig.context))).toBe(sizeOf(before) + 1);
});

test('only the account that it was issued for and the installation’s owner may, also once the run is deleted', async () => {
  const rig = await issuedRig();
  const id = rig.certificateId;
  const [stranger, local] = [await rig.user(), await rig.user(owner)];
  const may = (actor: Parameters<typeof certificateOptions>[1]) => certificateOptions(rig.context, actor, id);
  expect(await may(null)).toEqual({ revoke: false, dispute: false });
  expect(await may(stranger)).toEqual({ revoke: false, dispute: false });
  expect(await may(rig.owner)).toEqual({ revoke: true, dispute: false });
  expect(await may(local)).toEqual({ revoke: true, dispute: true });
  expect(await may({ ...local, credential: { kind: 'token', id: 't', scopes: ['runs:write'] } })).toEqual({
    revoke: false,
    dispute: false,
  });
  const revoke = (actor: typeof stranger) =>
    revokeCertificate(webOf(rig.context), actor, { id, reason: 'issued_in_error' });
  await expect(revoke(stranger)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await revocationsIn(rig)).toEqual([]);
  await rig.db.delete(verificationRuns);
  expect(await revoke(rig.owner)).toMatchObject({ standing: 'revoked' });
});

test.each(['x', '', '00000000-0000-4000-8000-000000000000'])(
  'what does not exist (%j) cannot be revoked',
  async (id) => {
    const rig = await issuedRig();
    await expect(
      revokeCertificate(rig.context, rig.owner, { id, reason: 'issued_in_error' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  },
);

test('where the log has stopped nothing is revoked, and the caller is told', async () => {
  const rig = await issuedRig();
  await tamper(rig.db, (transaction) => transaction.update(logHead).set({ size: 1 }));
  await expect(
    revokeCertificate(webOf(rig.context), rig.owner, { id: rig.certificateId, reason: 'issued_in_error' }),
  ).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
  expect(await rig.db.select().from(certificateRevocations)).toEqual([]);
  expect(await getCertificateStanding(rig.context, rig.certificateId)).toMatchObject({ standing: 'valid' });
});

test('a revoked certificate is revoked, also once it has expired', async () => {
  const rig = await issuedRig();
  rig.days(91);
  expect((await listed(rig)).certificates).toMatchObject([{ standing: 'expired' }]);
  await revokeCertificate(rig.context, rig.owner, { id: rig.certificateId, reason: 'withdrawn_by_owner' });
  expect((await listed(rig)).certificates).toMatchObject([{ standing: 'revoked' }]);
  expect(await getCertificateStanding(rig.context, rig.certificateId)).toMatchObject({
    standing: 'revoked',
    expired: true,
  });
});
