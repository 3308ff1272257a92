import { base64 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { noteSignerOf } from '#testing/builders/ed25519-key.ts';
import { leavesOf, withFlippedBit } from '#testing/builders/merkle-leaves.ts';
import { proveConsistency, rootAt, treeOf } from './merkle.ts';
import { parseNote, writeNote, writeSignatures } from './note.ts';
import { cosignNote, signCheckpoint, signNote } from './signing/sign-note.ts';
import { type AddCheckpoint, readWitnessAnswer, writeAddCheckpoint } from './witness.ts';

// The example of tlog-witness, "add-checkpoint".
const example = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`;

test('the request that tlog-witness gives as an example is written', () => {
  const [, ...rest] = example.split('\n');
  const proof = rest.slice(0, 4).map((line) => base64.decode(line));
  const checkpoint = example.slice(example.indexOf('\n\n') + 2);
  expect(writeAddCheckpoint({ oldSize: 20_852_014, proof, checkpoint })).toBe(example);
});

test('the first request has size 0 and no proof', () => {
  expect(writeAddCheckpoint({ oldSize: 0, proof: [], checkpoint: 'o\n' })).toBe('old 0\n\no\n');
});

const origin = 'example.com/log';
const log = noteSignerOf(origin, 'note');
const witness = noteSignerOf('witness.example/w1', 'cosignature');
const nextWitness = noteSignerOf('witness.example/w1', 'cosignature', 'next');
const hashOf = treeOf(leavesOf(12));
const now = 1_700_000_000;
const clock = new Date(now * 1000);
const requestOf = async (oldSize: number, size: number): Promise<AddCheckpoint> => ({
  oldSize,
  proof: proveConsistency(oldSize, size, hashOf),
  checkpoint: await signCheckpoint({ origin, size, root: rootAt(size, hashOf) }, [log]),
});
const request = await requestOf(7, 12);
const { text } = parseNote(request.checkpoint);
const ask = (status: number, body = '', contentType: string | null = 'text/plain', keys = [witness.key]) =>
  readWitnessAnswer({ status, contentType, body }, request, keys, clock);

describe('status 200', () => {
  test('gives the cosignatures by keys of the witness, to be added to the checkpoint', async () => {
    const own = [await cosignNote(text, now, witness), await cosignNote(text, now, nextWitness)];
    const other = await cosignNote(text, now, noteSignerOf('witness.example/w2', 'cosignature'));
    const body = writeSignatures([other, ...own]);
    expect(ask(200, body)).toEqual({
      kind: 'cosigned',
      signatures: [{ ...own[0], timestamp: now }],
    });
    expect(ask(200, body, null, [witness.key, nextWitness.key])).toEqual({
      kind: 'cosigned',
      signatures: own.map((one) => ({ ...one, timestamp: now })),
    });

    const served = parseNote(request.checkpoint);
    const added = writeNote({ text: served.text, signatures: [...served.signatures, ...own] });
    expect(parseNote(added)).toEqual({ text, signatures: [...served.signatures, ...own] });
  });

  test('gives one cosignature a key, the newest, however many there are', async () => {
    const times = [3, 0, 7, 5].flatMap((ago) => Array.from({ length: 25 }, (_, at) => now - ago - 10 * at));
    const both = [witness, nextWitness];
    const lines = await Promise.all(times.map((time, at) => cosignNote(text, time, both[at % 2] ?? witness)));
    expect(lines).toHaveLength(100);
    const answer = ask(200, writeSignatures(lines), null, [witness.key, nextWitness.key]);
    if (answer.kind !== 'cosigned') throw new Error(answer.kind);
    const newest = (parity: number) => Math.max(...times.filter((_, at) => at % 2 === parity));
    expect(answer.signatures.map(({ timestamp }) => timestamp).toSorted()).toEqual(
      [newest(0), newest(1)].toSorted(),
    );
  });

  const wrong = (signature: (right: Uint8Array) => Uint8Array) => async () => {
    const right = await cosignNote(text, now, witness);
    return writeSignatures([right, { ...right, signature: signature(right.signature) }]);
  };
  test.each([
    ['no line', async () => ''],
    ['something else', async () => '{"error":"busy"}\n'],
    [
      'no newline at its end',
      async () => writeSignatures([await cosignNote(text, now, witness)]).slice(0, -1),
    ],
    ["an unknown key's alone", async () => writeSignatures([await cosignNote(text, now, nextWitness)])],
    ['one right and one wrong', wrong((right) => withFlippedBit(right, 70))],
    ['one right and one short', wrong((right) => right.slice(1))],
    ['one of another checkpoint', async () => writeSignatures([await cosignNote('other\n', now, witness)])],
    ['one of tomorrow', async () => writeSignatures([await cosignNote(text, now + 86_400, witness)])],
    ['one beyond any date', async () => writeSignatures([await cosignNote(text, 2 ** 53 - 1, witness)])],
    ['one of 1999', async () => writeSignatures([await cosignNote(text, 946_684_799, witness)])],
    ['one without time', async () => writeSignatures([await cosignNote(text, 0, witness)])],
    ["the log's own", async () => writeSignatures([await signNote(text, log)])],
  ])('with %s is unusable', async (_, body) => {
    expect(ask(200, await body(), null, [witness.key, log.key])).toMatchObject({ kind: 'unusable' });
  });
});

describe('status 409', () => {
  test.each(['text/x.tlog.size', 'text/x.tlog.size; charset=utf-8', 'Text/X.TLog.Size'])(
    'gives the size that the witness saw last (%s)',
    (contentType) => {
      expect(ask(409, '5\n', contentType)).toEqual({ kind: 'saw other size', size: 5 });
      expect(ask(409, '0\n', contentType)).toEqual({ kind: 'saw other size', size: 0 });
      expect(ask(409, '20852163\n', contentType)).toEqual({ kind: 'saw other size', size: 20_852_163 });
    },
  );

  test.each([
    ['another type', 'text/plain', '5\n'],
    ['no type', null, '5\n'],
    ['no size', 'text/x.tlog.size', ''],
    ['no newline', 'text/x.tlog.size', '5'],
    ['a leading zero', 'text/x.tlog.size', '05\n'],
    ['the size that was asked for', 'text/x.tlog.size', '7\n'],
  ])(
    'with %s means another root at the size that the witness saw, as up to v1.0.0',
    (_, contentType, body) => {
      expect(ask(409, body, contentType)).toEqual({ kind: 'inconsistent' });
    },
  );
});

test.each([
  [400, { kind: 'request refused' }],
  [403, { kind: 'log key not trusted' }],
  [404, { kind: 'unknown log' }],
  [422, { kind: 'inconsistent' }],
  [201, { kind: 'no answer', status: 201 }],
  [302, { kind: 'no answer', status: 302 }],
  [429, { kind: 'no answer', status: 429 }],
  [500, { kind: 'no answer', status: 500 }],
  [503, { kind: 'no answer', status: 503 }],
])('status %i is read without its body', (status, answer) => {
  expect(ask(status, 'whatever')).toEqual(answer);
});
