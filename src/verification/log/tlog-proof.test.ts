import { describe, expect, test } from 'vitest';
import { noteSignerOf } from '#testing/builders/ed25519-key.ts';
import { entryAt, leavesOf } from '#testing/builders/merkle-leaves.ts';
import { LogFault } from './log-fault.ts';
import { hashLeaf, proveInclusion, rootAt, treeOf } from './merkle.ts';
import { signCheckpoint } from './signing/sign-note.ts';
import { parseTlogProof, verifyTlogProof, writeTlogProof } from './tlog-proof.ts';

const origin = 'example.com/log';
const log = noteSignerOf(origin, 'note');
const keys = { origin, logKeys: [log.key], witnessKeys: [] };
const hashOf = treeOf(leavesOf(9));
const proofOf = async (index: number, size: number) => ({
  extra: null,
  index,
  proof: proveInclusion(index, size, hashOf),
  checkpoint: await signCheckpoint({ origin, size, root: rootAt(size, hashOf) }, [log]),
});

// The example of tlog-proof up to its checkpoint; the document shortens the signatures behind.
const example = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog hI2DJwAA
`;

test('the example of tlog-proof is read, and written to the byte', () => {
  const parsed = parseTlogProof(example);
  expect(parsed.index).toBe(73_894);
  expect(parsed.proof).toHaveLength(5);
  expect(new TextDecoder().decode(parsed.extra ?? undefined)).toContain('age-v1.2.1-darwin-arm64');
  expect(parsed.checkpoint).toMatch(/^example\.com\/fancylog\n109482\n/);
  expect(writeTlogProof(parsed)).toBe(example);
});

describe.each([
  [0, 1],
  [0, 9],
  [4, 9],
  [8, 9],
  [2, 3],
])('the proof of entry %i in a log of %i', (index, size) => {
  test('is written, read again, and verifies for its entry alone', async () => {
    const proof = await proofOf(index, size);
    const text = writeTlogProof({ ...proof, extra: Uint8Array.of(1, 2, 3) });
    const parsed = parseTlogProof(text);
    expect(parsed).toEqual({ ...proof, extra: Uint8Array.of(1, 2, 3) });
    expect(parseTlogProof(writeTlogProof(proof))).toEqual(proof);
    expect(verifyTlogProof(parsed, hashLeaf(entryAt(index)), keys)).toMatchObject({
      ok: true,
      checkpoint: { origin, size },
    });
    const failed = { ok: false, failure: 'not included' };
    expect(verifyTlogProof(parsed, hashLeaf(entryAt(index + 1)), keys)).toEqual(failed);
    expect(verifyTlogProof({ ...parsed, index: index + 1 }, hashLeaf(entryAt(index)), keys)).toEqual(failed);
  });
});

test('the proof of a checkpoint that the log did not sign does not verify', async () => {
  const proof = await proofOf(4, 9);
  const otherLog = noteSignerOf(origin, 'note', 'other');
  const leaf = hashLeaf(entryAt(4));
  expect(verifyTlogProof(proof, leaf, { ...keys, logKeys: [otherLog.key] })).toEqual({
    ok: false,
    failure: 'not signed by the log',
  });
  expect(verifyTlogProof(proof, leaf, { ...keys, origin: 'example.com/other' })).toEqual({
    ok: false,
    failure: 'other origin',
  });
  expect(verifyTlogProof({ ...proof, checkpoint: proof.checkpoint.slice(1) }, leaf, keys)).toMatchObject({
    ok: false,
  });
});

const hash = 'gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=';
const head = 'c2sp.org/tlog-proof@v1\n';
test.each([
  ['nothing', ''],
  ['another version', 'c2sp.org/tlog-proof@v2\nindex 0\n\no\n'],
  ['no index', `${head}\no\n`],
  ['an index with a leading zero', `${head}index 01\n\no\n`],
  ['a negative index', `${head}index -1\n\no\n`],
  ['an index above 2^53−1', `${head}index 9007199254740992\n\no\n`],
  ['no empty line', `${head}index 0\n${hash}\n`],
  ['a short hash', `${head}index 0\nAAAA\n\no\n`],
  ['a hash that is no base64', `${head}index 0\n${hash.slice(1)}\n\no\n`],
  ['64 hashes', `${head}index 0\n${`${hash}\n`.repeat(64)}\no\n`],
  ['extra data that are no base64', `${head}extra ?\nindex 0\n\no\n`],
  ['extra data twice', `${head}extra AAAA\nextra AAAA\nindex 0\n\no\n`],
  ['extra data after the index', `${head}index 0\nextra AAAA\n\no\n`],
  ['carriage returns', `${head}index 0\r\n\r\no\n`],
])('a proof with %s is malformed', (_, text) => {
  expect(() => parseTlogProof(text)).toThrow(LogFault);
});
