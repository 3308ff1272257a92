import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { logHead } from '#db/schema/log.ts';
import type { WorkerContext } from '#services/ground/index.ts';
import { publishCheckpoint, retireKey } from '#services/log/index.ts';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { testRig } from '#testing/rigs/engine-rig.ts';
import { issuedRig, servePublicFiles } from '#testing/rigs/issued-rig.ts';
import { anyEntries, append, logKeyOf } from '#testing/rigs/log-rig.ts';
import { authOf } from '#testing/rigs/open-to-all.ts';
import { emptyRoot } from '#verification/log/merkle.ts';
import { signCheckpoint } from '#verification/log/signing/sign-note.ts';
import { verifierKey, writeVerifierKey } from '#verification/log/verifier-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'echelon-monitor-'));
afterAll(() => rmSync(folder, { recursive: true }));
let state: string;
let states = 0;
beforeEach(() => {
  state = join(folder, `${++states}.json`);
});

const monitor = (url: string, ...args: string[]) =>
  runInProcess(['log', 'monitor', url, '--state', state, ...args]);

type Served = Parameters<typeof servePublicFiles>[0];
const serve = async (rig: Served, alter?: Parameters<typeof servePublicFiles>[1]) => {
  const server = await servePublicFiles(rig, alter);
  onTestFinished(server.close);
  return server.url;
};

const signedBy = (context: WorkerContext, ...keys: string[]): WorkerContext => ({
  ...context,
  sequencer: { ...context.sequencer, keys: keys.map(logKeyOf) },
});

const grow = async (at: WorkerContext, count: number) => {
  await append(at, anyEntries(count));
  await publishCheckpoint(at);
};

const vkeyOf = async (at: WorkerContext, key: string) =>
  verifierKey((await at.db.query.logHead.findFirst())?.origin ?? '', 'note', logKeyOf(key).publicKey);

/** A log of two keys and three entries. */
const openLogServed = async (key = 'log') => {
  const at = signedBy((await testRig()).context, key);
  await grow(at, 3);
  return { at, rest: { services: at, auth: authOf(at) } };
};

test('a log that grows is the same log, also over several tiles, and what was seen is kept', async () => {
  const { at, rest } = await openLogServed();
  const url = await serve({ rest });
  expect(await monitor(url)).toMatchObject({ code: 0, stdout: expect.stringContaining('has 5 entries') });
  await grow(at, 300);
  expect(await monitor(`${url}/log/checkpoint`)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('has 305 entries'),
    stderr: expect.stringContaining('No witness was named'),
  });
  expect(await monitor(url)).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({ size: 305 });
});

test('certificates of a run are registered before, and attempts are closed', async () => {
  const rig = await issuedRig();
  const url = await serve(rig);
  const seen = await monitor(url, '--json');
  expect(seen.code).toBe(0);
  expect(JSON.parse(seen.stdout)).toMatchObject({ size: 5, faults: [] });
});

test('a shortened log is found, with both checkpoints', async () => {
  const { at, rest } = await openLogServed();
  const [before] = await at.db.query.logCheckpoints.findMany();
  await grow(at, 5);
  const url = await serve({ rest });
  await monitor(url);
  const short = await serve({ rest }, (path) =>
    path === '/log/checkpoint' ? new Response(before?.note) : undefined,
  );
  const outcome = await monitor(short, '--json');
  expect(outcome.code).toBe(1);
  expect(JSON.parse(outcome.stdout)).toMatchObject({
    faults: [{ code: 'shortened' }],
    checkpoint: before?.note,
    seen_before: expect.stringMatching(/\n10\n/),
  });
  // What was seen stays seen.
  expect((await monitor(short)).code).toBe(1);
  expect((await monitor(url)).code).toBe(0);
});

test.each([
  ['of the same size', 0],
  ['that has grown since', 7],
])('a forked log %s is found', async (_, more) => {
  const { rest, at } = await openLogServed();
  const origin = (await at.db.query.logHead.findFirst())?.origin ?? '';
  await monitor(await serve({ rest }));
  const fork = await testRig();
  const other = { ...signedBy(fork.context, 'log'), issuer: { ...fork.context.issuer, keys: [] } };
  // Another history of the log of that name, by the same key.
  await fork.db.insert(logHead).values({ id: 1, origin, size: 0, root: emptyRoot() });
  await grow(other, 4 + more);
  const url = await serve({ rest: { services: other, auth: authOf(other) } });
  expect(await monitor(url)).toMatchObject({ code: 1, stdout: expect.stringContaining('forked') });
});

test('entries and tiles that are not those that were signed are found', async () => {
  const { at, rest } = await openLogServed();
  const url = await serve({ rest });
  await monitor(url);
  await grow(at, 2);
  for (const folderName of ['/log/tile/0/', '/log/tile/entries/']) {
    const altered = await serve({ rest }, (path) =>
      path.startsWith(folderName) ? new Response(new Uint8Array(6 * 32)) : undefined,
    );
    expect(await monitor(altered), folderName).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('altered'),
    });
  }
});

test('a checkpoint by another key is found, from the first look on where the key is named', async () => {
  const { rest, at } = await openLogServed();
  const url = await serve({ rest });
  await monitor(url);
  const strangers = await openLogServed('another');
  const other = await serve(strangers);
  expect(await monitor(other)).toMatchObject({ code: 1, stdout: expect.stringContaining('unsigned') });
  state = `${state}.first`;
  const vkey = writeVerifierKey(await vkeyOf(at, 'log'));
  expect((await monitor(other, '--log-key', vkey)).code).toBe(1);
  expect((await monitor(url, '--log-key', vkey)).code).toBe(0);
});

/** What a stranger names at every look: nothing, the key from before the rotation, or all that the log lists. */
const namings: [string, (at: WorkerContext, url: string) => Promise<string[]>][] = [
  ['no key', async () => []],
  ['the old key', async (at) => ['--log-key', writeVerifierKey(await vkeyOf(at, 'log'))]],
  [
    'all keys of the log',
    async (_, url) => {
      const file = `${state}.vkey`;
      writeFileSync(file, await (await fetch(`${url}/log/vkey`)).text());
      return ['--log-key', file];
    },
  ],
];

test.each(namings)('a log that replaces its key is followed by whoever names %s', async (_, naming) => {
  const { rest, at } = await openLogServed();
  const url = await serve({ rest });
  const look = async () => (await monitor(url, ...(await naming(at, url)))).code;
  expect(await look()).toBe(0);
  await grow(signedBy(at, 'log', 'next'), 1);
  expect(await look()).toBe(0);
  for (let more = 0; more < 2; more += 1) {
    await grow(signedBy(at, 'next'), 1);
    expect(await look()).toBe(0);
  }
});

test.each(namings)(
  'a key that was retired signs no later checkpoint, not even beside what was seen before, for whoever names %s',
  async (_, naming) => {
    const { rest, at } = await openLogServed();
    const both = signedBy(at, 'log', 'next');
    await grow(both, 1);
    const url = await serve({ rest });
    const look = async (place = url) => monitor(place, ...(await naming(at, url)));
    expect((await look()).code).toBe(0);
    const retired = await vkeyOf(at, 'log');
    await retireKey(both, writeVerifierKey(retired), 'retired');
    await grow(both, 1);
    expect((await look()).code).toBe(0);
    // Whoever has the retired key signs the log's own tree with it.
    const served = await at.db.query.logHead.findFirst();
    if (served === undefined) throw new Error('The log has no head.');
    const note = await signCheckpoint(served, [{ key: retired, sign: logKeyOf('log').sign }]);
    const stolen = await serve({ rest }, (path) =>
      path === '/log/checkpoint' ? new Response(note) : undefined,
    );
    const found = { code: 1, stdout: expect.stringContaining('unsigned') };
    expect(await look(stolen)).toMatchObject(found);
    await grow(both, 1);
    expect((await look()).code).toBe(0);
    expect(JSON.parse(readFileSync(state, 'utf8')).log_keys).toEqual([
      writeVerifierKey(await vkeyOf(at, 'next')),
    ]);
    // A first look takes the log's own keys, retired ones too, and reads that this one is.
    state = `${state}.first`;
    expect(await look(stolen)).toMatchObject({
      ...found,
      stdout: expect.stringContaining('a key that had been retired'),
    });
  },
);

test('a key that is named later counts alone: what was kept before was the log’s own word', async () => {
  const { rest, at } = await openLogServed();
  const url = await serve({ rest });
  const both = signedBy(at, 'log', 'next');
  await grow(both, 1);
  expect((await monitor(url)).code).toBe(0);
  const naming = async (key: string) => ['--log-key', writeVerifierKey(await vkeyOf(at, key))];
  expect(await monitor(url, ...(await naming('another')))).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('unsigned'),
  });
  // Under the named one the entries are read again, so the key that they add is known.
  const old = await naming('log');
  expect((await monitor(url, ...old)).code).toBe(0);
  await grow(signedBy(at, 'next'), 1);
  expect((await monitor(url, ...old)).code).toBe(0);
});

test('a certificate without a registration before it is found', async () => {
  const { rest, at } = await openLogServed();
  const url = await serve({ rest });
  await append(at, [
    {
      kind: 'certificate',
      subject: crypto.randomUUID(),
      registration: crypto.randomUUID(),
      document: 'ab'.repeat(32),
    },
  ]);
  await publishCheckpoint(at);
  expect(await monitor(url)).toMatchObject({ code: 1, stdout: expect.stringContaining('unregistered') });
});

test('a registration without an outcome after thirty days is found at each look', async () => {
  const { rest, at } = await openLogServed();
  const url = await serve({ rest });
  const dayMs = 86_400_000;
  const registration = (days: number) =>
    append({ ...at, now: () => new Date(Date.now() - days * dayMs) }, [
      {
        kind: 'registration',
        subject: crypto.randomUUID(),
        account: crypto.randomUUID(),
        n: 1,
        listed: 1,
        construct: 'ab'.repeat(32),
        target: 'ab'.repeat(32),
        commitment: 'ab'.repeat(32),
      },
    ]);
  await registration(29);
  await publishCheckpoint(at);
  expect((await monitor(url)).code).toBe(0);
  await registration(31);
  await publishCheckpoint(at);
  for (let look = 0; look < 2; look += 1)
    expect(await monitor(url)).toMatchObject({ code: 1, stdout: expect.stringContaining('never_closed') });
});

test('what was seen is not thrown away when it cannot be read', async () => {
  const { rest } = await openLogServed();
  writeFileSync(state, '{}');
  expect(await monitor(await serve({ rest }))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is damaged'),
  });
});

test('a log’s key that is no key, or would drive a terminal, is refused as what it is', async () => {
  const { rest } = await openLogServed();
  const url = await serve({ rest }, (path) =>
    path === '/log/vkey' ? new Response('evil\u009b2Jname\u202e+00000000+!!\n') : undefined,
  );
  const outcome = await monitor(url);
  expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('/log/vkey') });
  expect(outcome.stderr).not.toMatch(/[\u009b\u202e]/);
});

test('a log that sends its readers elsewhere is not followed', async () => {
  const { rest } = await openLogServed();
  const elsewhere = await serve({ rest });
  const url = await serve({ rest }, (path) => Response.redirect(`${elsewhere}${path}`, 302));
  expect(await monitor(url)).toMatchObject({ code: 2, stderr: expect.stringContaining(elsewhere) });
});
