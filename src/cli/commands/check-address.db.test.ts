import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { BundledLog } from '#contracts/certificate-bundle.ts';
import { askWitnesses, publishCheckpoint, retireKey } from '#services/log/index.ts';
import { noteSignerOf } from '#testing/builders/ed25519-key.ts';
import { openFakeWitness } from '#testing/fakes/witness.ts';
import { openCheckRig } from '#testing/rigs/check-rig.ts';
import { anyEntries, append, logKeyOf } from '#testing/rigs/log-rig.ts';
import { hashLeaf } from '#verification/log/merkle.ts';
import { signCheckpoint } from '#verification/log/signing/sign-note.ts';
import { encodeHashes, rootOfPerfect } from '#verification/log/tiles.ts';
import { parseVerifierKey, verifierKey, writeVerifierKey } from '#verification/log/verifier-key.ts';

const { at, trusted, issue, check } = openCheckRig();

test('a bundle with its evidence is checked offline', async () => {
  await issue();
  const outcome = await check(at('certificate.bundle'), ...trusted, '--offline');
  expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('Valid.') });
  expect(outcome.stderr).toContain('not revoked as of size 5');
  expect(outcome.stderr).toContain('cosigned by no witness');
  expect(await check(at('certificate.bundle'), ...trusted)).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('revocation_unknown'),
  });
});

test('at its address a certificate is checked with its log, up to the newest entry', async () => {
  const { served } = await issue();
  const address = await served();
  for (const place of [address, `${address}.json`, `${address}.bundle`]) {
    const outcome = await check(place, ...trusted);
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('Valid.') });
    expect(outcome.stderr).toContain('not revoked as of size 10');
    expect(outcome.stderr).toContain('Read 0 of 10 entries');
  }
});

test('keys that come with a certificate show neither issuer nor log', async () => {
  const { served } = await issue();
  const address = await served();
  const outcome = await check(address);
  expect(outcome).toMatchObject({ code: 2, stdout: expect.stringContaining('unknown_issuer') });
  expect(outcome.stdout).toContain('unknown_log');
  expect((await check(address, '--keys', at('issuer.json'))).code).toBe(2);
});

test('a witness that was named must have cosigned', async () => {
  await issue();
  const witness = writeVerifierKey(verifierKey('witness.example', 'cosignature', new Uint8Array(32).fill(3)));
  expect(await check(at('certificate.bundle'), ...trusted, '--offline', '--witness', witness)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('witnesses: Fewer witnesses'),
  });
});

const changed = (text: string) =>
  text.replace(/[0-9a-f](?=[^0-9a-f]*$)/, (digit) => (digit === '0' ? '1' : '0'));

test.each<[string, (log: BundledLog) => Partial<BundledLog>, string]>([
  [
    'the checkpoint',
    ({ checkpoint }) => ({ checkpoint: checkpoint.replace(/\n\d+\n/, '\n6\n') }),
    'checkpoint',
  ],
  [
    'the registration’s entry',
    ({ registration }) => ({ registration: { ...registration, entry: changed(registration.entry) } }),
    'registration',
  ],
  [
    'the registration’s index',
    ({ registration }) => ({ registration: { ...registration, index: 1 } }),
    'registration',
  ],
  [
    'the registration’s proof',
    ({ registration }) => ({ registration: { ...registration, proof: [] } }),
    'registration',
  ],
  [
    'the certificate’s entry',
    ({ certificate }) => ({ certificate: { ...certificate, entry: changed(certificate.entry) } }),
    'inclusion',
  ],
  [
    'the certificate’s index',
    ({ certificate }) => ({ certificate: { ...certificate, index: 4 } }),
    'inclusion',
  ],
  [
    'the certificate’s proof',
    ({ certificate }) => ({ certificate: { ...certificate, proof: [] } }),
    'inclusion',
  ],
  [
    'the certificate’s entry is that of the registration',
    ({ registration }) => ({ certificate: registration }),
    'inclusion',
  ],
])('a bundle in which %s was changed is not valid, with its own code', async (name, change, code) => {
  const rig = await issue();
  const bundle = JSON.parse(new TextDecoder().decode(await rig.bytes('bundle')));
  const file = at(`${name.replaceAll(/\W/g, '-')}.bundle`);
  writeFileSync(file, JSON.stringify({ ...bundle, log: { ...bundle.log, ...change(bundle.log) } }));
  const outcome = await check(file, '--evidence', at('evidence.jsonl'), ...trusted, '--offline');
  expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining(`  ${code}: `) });
});

test('a log that does not serve what it signed, or has become shorter, is found', async () => {
  const { served, ...rig } = await issue();
  const tile = await served((path) =>
    path.startsWith('/log/tile/0/') ? new Response(new Uint8Array(10 * 32)) : undefined,
  );
  expect(await check(tile, ...trusted)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('log_changed'),
  });
  const bundle = JSON.parse(new TextDecoder().decode(await rig.bytes('bundle')));
  const [first] = await rig.database.sql`select note from log_checkpoints order by size limit 1`;
  expect(first?.note).not.toBe(bundle.log.checkpoint);
  const shorter = await served((path) =>
    path === '/log/checkpoint' ? new Response(first?.note) : undefined,
  );
  expect(await check(shorter, ...trusted)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('fewer entries'),
  });
});

test('a genuine certificate at the address of another is not the one that was asked for', async () => {
  const { served, ...rig } = await issue();
  const [bundle, evidence] = [await rig.bytes('bundle'), await rig.bytes('evidence.jsonl')];
  const asked = crypto.randomUUID();
  const address = await served((path) => {
    if (path.endsWith(`${asked}.bundle`)) return new Response(Buffer.from(bundle));
    return path.endsWith(`${asked}/evidence.jsonl`) ? new Response(Buffer.from(evidence)) : undefined;
  });
  const outcome = await check(address.replace(rig.certificateId, asked), ...trusted);
  expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('  other_certificate: ') });
  expect(outcome.stdout).toContain(rig.certificateId);
});

test('the key of another log beside its own changes nothing, in whatever order', async () => {
  const { served } = await issue();
  const address = await served();
  writeFileSync(at('other.vkey'), writeVerifierKey(noteSignerOf('other.example/log', 'note').key));
  const other = ['--log-key', at('other.vkey')];
  for (const keys of [
    [...other, ...trusted],
    [...trusted, ...other],
  ])
    expect(await check(address, ...keys)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Valid.'),
    });
  expect(await check(address, '--keys', at('issuer.json'), ...other)).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('unknown_log'),
  });
});

test('a log that has replaced the key that was kept is unknown, not changed, until its new key is named', async () => {
  const { served, ...rig } = await issue();
  const address = await served();
  const [old] = rig.context.sequencer.keys;
  if (old === undefined) throw new Error('The rig has no log key.');
  const grow = async (...keys: (typeof old)[]) => {
    const machine = { ...rig.context, sequencer: { ...rig.context.sequencer, keys } };
    await append(machine, anyEntries(1));
    await publishCheckpoint(machine);
  };
  await grow(old, logKeyOf('next'));
  expect(await check(address, ...trusted)).toMatchObject({ code: 0 });
  const kept = (await rig.vkeys()).split('\n')[0] ?? '';
  for (const end of [null, 'retired', 'compromised'] as const) {
    if (end !== null) await retireKey(rig.context, kept, end);
    await grow(logKeyOf('next'));
    const outcome = await check(address, ...trusted);
    expect(outcome).toMatchObject({ code: 2, stdout: expect.stringContaining('  unknown_log: ') });
    expect(outcome.stdout).toContain('the log may have replaced it. Get its new key');
    expect(outcome.stdout).not.toContain('log_changed');
  }
  writeFileSync(at('log.vkey'), await rig.vkeys());
  expect(await check(address, ...trusted)).toMatchObject({ code: 0 });
});

test('a log of more than a million entries is not read, and the check says what reads it', async () => {
  const { served, ...rig } = await issue();
  const [key] = rig.context.sequencer.keys;
  const head = await rig.db.query.logHead.findFirst();
  const entries = await rig.db.query.logEntries.findMany({
    orderBy: ({ index }, { asc }) => asc(index),
  });
  if (key === undefined || head === undefined) throw new Error('The rig has no log.');
  // After its own entries one and the same, so that the tiles of a level are alike but for the first.
  let first = entries.map(({ data }) => hashLeaf(data));
  let same = hashLeaf(new Uint8Array(1));
  const tiles = new Map<string, Uint8Array>();
  for (const [path, width] of [
    ['0/000', 256],
    ['1/000', 256],
    ['2/000.p/16', 16],
  ] as const) {
    const tile = [...first, ...Array<Uint8Array>(width - first.length).fill(same)];
    tiles.set(`/log/tile/${path}`, encodeHashes(tile));
    [first, same] = [[rootOfPerfect(tile)], rootOfPerfect(Array<Uint8Array>(width).fill(same))];
  }
  const [root = new Uint8Array()] = first;
  const note = await signCheckpoint({ origin: head.origin, size: 16 * 256 ** 2, root }, [
    { key: verifierKey(head.origin, 'note', key.publicKey), sign: key.sign },
  ]);
  const address = await served((path) => {
    const tile = tiles.get(path);
    if (tile !== undefined) return new Response(Buffer.from(tile));
    return path === '/log/checkpoint' ? new Response(note) : undefined;
  });
  const outcome = await check(address, ...trusted);
  expect(outcome).toMatchObject({ code: 2, stdout: expect.stringContaining('  revocation_unknown: ') });
  expect(outcome.stdout).toContain('The log has more than 1,000,000 entries: use log monitor, which');
  expect(outcome.stdout).not.toContain('Give its address');
  expect((await check(address, ...trusted, '--offline')).code).toBe(0);
});

test('a head that no witness saw decides nothing: a revocation can be missing in it', async () => {
  const { served, ...rig } = await issue();
  const logKeys = (await rig.vkeys()).trim().split('\n').map(parseVerifierKey);
  const log = { origin: logKeys[0]?.name ?? '', logKeys };
  let hoursAgo = 30;
  const now = () => new Date(Date.now() - hoursAgo * 3_600_000);
  const witness = openFakeWitness('witness.example', log, { now });
  const ask = () =>
    askWitnesses({
      ...rig.context,
      now: () => new Date(),
      sequencer: { ...rig.context.sequencer, witnesses: [witness] },
    });
  await ask();
  const bundle = await rig.bytes('bundle');
  await append(rig.context, anyEntries(1));
  await publishCheckpoint(rig.context);
  const address = await served((path) =>
    path.endsWith('.bundle') ? new Response(Buffer.from(bundle)) : undefined,
  );
  const named = [...trusted, '--witness', witness.vkey];
  const unseen = await check(address, ...named);
  expect(unseen).toMatchObject({ code: 1, stdout: expect.stringContaining('witnesses: Fewer witnesses') });
  expect(unseen.stderr).not.toContain('cosigned by witness.example');

  await ask();
  const old = await check(address, ...named);
  expect(old).toMatchObject({ code: 0, stdout: expect.stringContaining('Valid.') });
  expect(old.stderr).toContain('not revoked as of size 11, cosigned by witness.example');
  expect(old.stderr).toContain('more than a day ago');

  hoursAgo = 0;
  await append(rig.context, anyEntries(1));
  await publishCheckpoint(rig.context);
  await ask();
  expect((await check(address, ...named)).stderr).not.toContain('more than a day ago');
});

test('an answer that unpacks to more than the certificate pins is not read to its end', async () => {
  const { served } = await issue();
  const bomb = gzipSync(Buffer.alloc(250_000_000, '\n'));
  const address = await served((path) =>
    path.endsWith('/evidence.jsonl')
      ? new Response(bomb, { headers: { 'content-encoding': 'gzip' } })
      : undefined,
  );
  expect(await check(address, ...trusted)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('too large'),
  });
});
