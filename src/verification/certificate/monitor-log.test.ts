import { expect, test } from 'vitest';
import type { LogEntry } from '#contracts/log.ts';
import { noteSignerOf } from '#testing/builders/ed25519-key.ts';
import { hashLeaf, hashNode, rootAt, treeOf } from '../log/merkle.ts';
import { parseNote, writeSignatures } from '../log/note.ts';
import { cosignNote, signCheckpoint } from '../log/signing/sign-note.ts';
import { encodeBundle, encodeHashes } from '../log/tiles.ts';
import { canonicalJson } from './canonical.ts';
import { monitorLog, mostEntriesPerLook } from './monitor-log.ts';

const origin = 'log.example/log';
const [first, second] = [noteSignerOf(origin, 'note', 'first'), noteSignerOf(origin, 'note', 'second')];
const witness = noteSignerOf('witness.example', 'cosignature');
const now = new Date('2026-01-02T00:00:00Z');
const keys = { origin, logKeys: [first.key], witnessKeys: [witness.key] };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const id = (at: number) => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;

const entry = (kind: LogEntry['kind'], subject: number, members: object) =>
  new TextEncoder().encode(
    canonicalJson({
      format: 'echelon-log-entry/v1',
      kind,
      subject: id(subject),
      time: '2026-01-01T00:00:00.000Z',
      ...members,
    }),
  );
const digest = 'ab'.repeat(32);
const registration = (subject: number) =>
  entry('registration', subject, {
    account: id(90),
    n: 1,
    listed: 1,
    construct: digest,
    target: digest,
    commitment: digest,
  });
const certificate = (subject: number) =>
  entry('certificate', subject, { registration: id(1), document: digest });
const outcome = entry('outcome', 1, {
  outcome: 'failed',
  scored: 0,
  oracle_failures: 0,
  unscored: 0,
  mean: null,
  opening: digest,
});
const keyStep = (subject: number, step: string, { key }: typeof first) =>
  entry('key', subject, { purpose: 'log', step, public_key: hex(key.publicKey) });

const look = async (entries: Uint8Array[], signers = [first], cosignedAt: number[] = [], at = now) => {
  const leaves = entries.map(hashLeaf);
  const root = rootAt(entries.length, treeOf(leaves));
  const note = await signCheckpoint({ origin, size: entries.length, root }, signers);
  const lines = await Promise.all(cosignedAt.map((time) => cosignNote(parseNote(note).text, time, witness)));
  const readTile = async (path: string) =>
    path.includes('entries') ? encodeBundle(entries) : encodeHashes(leaves);
  return monitorLog(null, { note: note + writeSignatures(lines), readTile }, { keys, now: at });
};

test.each([
  ['registration', [registration(1), registration(1)]],
  ['certificate', [registration(1), certificate(2), certificate(2)]],
  ['outcome', [registration(1), outcome, outcome]],
  ['key', [keyStep(5, 'added', second), keyStep(5, 'added', second)]],
])('a second %s of one subject is found', async (kind, entries) => {
  expect((await look(entries)).faults).toEqual([
    {
      code: 'repeated',
      detail: expect.stringContaining(`Entry ${entries.length - 1} is a second ${kind} of`),
    },
  ]);
});

test('of a log full of faults a hundred are named, and the others are counted', async () => {
  const repeated = await look([registration(1), ...Array.from({ length: 151 }, () => certificate(2))]);
  expect(repeated.faults).toHaveLength(100);
  expect(repeated).toMatchObject({ unnamedFaults: 50, seen: { size: 152, read: 152 } });
  const open = Array.from({ length: 130 }, (_, at) => registration(at));
  const late = await look(open, [first], [], new Date('2026-03-01T00:00:00Z'));
  expect(late.faults).toHaveLength(100);
  expect(late.unnamedFaults).toBe(30);
});

test.each(['retired', 'compromised'])('a log key that was %s signs no more', async (step) => {
  const entries = [keyStep(1, 'added', second), keyStep(2, step, first)];
  const both = await look(entries, [first, second]);
  expect(both.faults).toEqual([]);
  expect(both.logKeys).toEqual([second.key]);
  expect(await look(entries, [first])).toMatchObject({ faults: [{ code: 'unsigned' }], seen: null });
});

test('a cosignature of a time that no clock shows does not count', async () => {
  const seconds = now.getTime() / 1000;
  expect((await look([registration(1)], [first], [seconds])).cosignedAt).toEqual(now);
  for (const time of [seconds + 86_400, Number.MAX_SAFE_INTEGER, 1, 946_684_799])
    expect((await look([registration(1)], [first], [time])).cosignedAt).toBeNull();
});

test('of a log without end one look reads a part, and the next reads on', async () => {
  const same = registration(1);
  const levels = [hashLeaf(same)];
  for (let at = 0; at < 5; at++) {
    let hash = levels[at] ?? new Uint8Array();
    for (let height = 0; height < 8; height++) hash = hashNode(hash, hash);
    levels.push(hash);
  }
  const note = await signCheckpoint({ origin, size: 256 ** 5, root: levels[5] ?? new Uint8Array() }, [first]);
  const bundle = encodeBundle(Array(256).fill(same));
  const readTile = async (path: string) =>
    path.includes('entries')
      ? bundle
      : encodeHashes(Array(Number(path.split('.p/')[1] ?? 256)).fill(levels[Number(path.split('/')[1])]));
  const told: number[] = [];
  const onRead = (read: number) => told.push(read);
  const one = await monitorLog(null, { note, readTile }, { keys, now, onRead });
  expect(one.seen).toMatchObject({ size: 256 ** 5, read: mostEntriesPerLook });
  expect(told.at(-1)).toBeGreaterThan(mostEntriesPerLook - 257);
  expect(one.faults).toHaveLength(100);
  const two = await monitorLog(one.seen, { note, readTile }, { keys, now });
  expect(two.seen).toMatchObject({ read: 2 * mostEntriesPerLook });
});
