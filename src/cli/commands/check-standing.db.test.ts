import { writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { closeDispute, openDispute, revokeCertificate } from '#services/certificate/index.ts';
import { openLog, publishCheckpoint, retireKey } from '#services/log/index.ts';
import { openCheckRig } from '#testing/rigs/check-rig.ts';
import { servePublicFiles } from '#testing/rigs/issued-rig.ts';
import { append, logKeyOf } from '#testing/rigs/log-rig.ts';
import { readJwk, thumbprintOf } from '#verification/certificate/jws.ts';

const { at, trusted, issue, check } = openCheckRig();

test('a check shows that a certificate was disputed, cleared or revoked', async () => {
  const { served, context, certificateId: id, owner, ...rig } = await issue();
  const address = await served();
  const local = await rig.user({ provider: 'local', subject: 'owner' });
  const { disputes } = await openDispute(context, local, { id, text: 'Wrong.' });
  await rig.pump();
  expect(await check(address, ...trusted)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('It is disputed'),
  });
  await closeDispute(context, local, disputes[0]?.id ?? '');
  await rig.pump();
  expect((await check(address, ...trusted)).stdout).not.toContain('It is disputed');
  await revokeCertificate(context, owner, { id, reason: 'withdrawn_by_owner' });
  await rig.pump();
  expect(await check(address, ...trusted)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('revoked: It was revoked.'),
  });
});

/** The rig's key for certificates is retired: it is replaced by another. */
const retireIssuer = async ({
  context,
  keySet,
}: Pick<Awaited<ReturnType<typeof issue>>, 'context' | 'keySet'>) => {
  const [jwk] = (await keySet()).keys;
  const kid = thumbprintOf(readJwk(jwk) ?? new Uint8Array());
  const next = { ...context.issuer, keys: [logKeyOf('next'), ...context.issuer.keys] };
  await openLog({ ...context, issuer: next });
  await retireKey(context, kid, 'retired');
  await publishCheckpoint(context);
  writeFileSync(at('issuer.json'), JSON.stringify(await keySet()));
};

test('what a key signed before it was retired stays valid', async () => {
  const rig = await issue();
  await retireIssuer(rig);
  expect(await check(await rig.served(), ...trusted)).toMatchObject({ code: 0 });
  writeFileSync(at('certificate.bundle'), await rig.bytes('bundle'));
  expect(await check(at('certificate.bundle'), ...trusted, '--offline')).toMatchObject({ code: 0 });
});

test('a set of keys that says that the signing one was retired before is believed, without a log too', async () => {
  const rig = await issue();
  await retireIssuer(rig);
  const bundle = JSON.parse(new TextDecoder().decode(await rig.bytes('bundle')));
  const [jwk, ...others] = bundle.jwks.keys;
  const { index } = bundle.log.certificate;
  writeFileSync(
    at('certificate.bundle'),
    JSON.stringify({ ...bundle, jwks: { keys: [{ ...jwk, retired: undefined }] } }),
  );
  const withIndex = async (logIndex: number) => {
    const retired = { ...jwk.retired, log_index: logIndex };
    writeFileSync(at('issuer.json'), JSON.stringify({ keys: [{ ...jwk, retired }, ...others] }));
    return check(at('certificate.bundle'), ...trusted, '--offline');
  };
  expect(await withIndex(index + 1)).toMatchObject({ code: 0 });
  for (const early of [index, 0])
    expect(await withIndex(early)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('  retired_key: '),
    });
});

test('an issuer that signs with a key after its log retired it is found by reading the log', async () => {
  const { served: _, ...rig } = await issue();
  const { context } = rig;
  const [key] = context.issuer.keys;
  const public_key = Buffer.from(key?.publicKey ?? []).toString('hex');
  // Its database says nothing of it, so it goes on.
  await append(context, [
    { kind: 'key', subject: crypto.randomUUID(), purpose: 'certificate', step: 'retired', public_key },
  ]);
  const runId = await rig.start({ judge: 'anthropic' });
  await rig.pump();
  const { certificateId } = await rig.run(runId);
  const server = await servePublicFiles(rig);
  onTestFinished(server.close);
  expect(await check(`${server.url}/certificates/${rig.certificateId}`, ...trusted)).toMatchObject({
    code: 0,
  });
  expect(await check(`${server.url}/certificates/${certificateId}`, ...trusted)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('  retired_key: '),
  });
});

test('a dispute is a warning, and a revocation ends a certificate, at its address and from then on', async () => {
  const { served, ...rig } = await issue();
  const address = await served();
  const dispute = (step: 'opened' | 'closed') => ({
    kind: 'dispute' as const,
    subject: crypto.randomUUID(),
    certificate: rig.certificateId,
    step,
    commitment: null,
  });
  await append(rig.context, [dispute('opened')]);
  await publishCheckpoint(rig.context);
  expect(await check(address, ...trusted)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('It is disputed'),
  });
  await append(rig.context, [dispute('closed')]);
  await publishCheckpoint(rig.context);
  expect((await check(address, ...trusted)).stdout).not.toContain('It is disputed');
  await append(rig.context, [
    { kind: 'revocation', subject: rig.certificateId, reason: 'withdrawn_by_owner' },
  ]);
  await publishCheckpoint(rig.context);
  expect(await check(address, ...trusted)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('revoked: It was revoked.'),
  });
});
