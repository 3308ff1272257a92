import { base64 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { noteSignerOf } from '#testing/builders/ed25519-key.ts';
import { leavesOf } from '#testing/builders/merkle-leaves.ts';
import { checkpointText, openCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { LogFault } from './log-fault.ts';
import { emptyRoot, rootAt, treeOf } from './merkle.ts';
import { parseNote, writeNote } from './note.ts';
import { cosignNote, signCheckpoint, signNote } from './signing/sign-note.ts';

// The example of tlog-checkpoint, with the cosignature of tlog-cosignature's.
const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
const example = `example.com/behind-the-sofa
20852163
${root}

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

test('the example of tlog-checkpoint is read, and written to the byte', () => {
  const { text, signatures } = parseNote(example);
  const checkpoint = parseCheckpoint(text);
  expect(checkpoint).toEqual({
    origin: 'example.com/behind-the-sofa',
    size: 20_852_163,
    root: base64.decode(root),
    extensions: [],
  });
  expect(signatures.map(({ name }) => name)).toEqual([
    'example.com/behind-the-sofa',
    'witness.example.com/w1',
  ]);
  expect(writeNote({ text: checkpointText(checkpoint), signatures })).toBe(example);
});

test('the empty tree has a checkpoint', () => {
  const text = 'example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n';
  expect(checkpointText({ origin: 'example.com/log', size: 0, root: emptyRoot() })).toBe(text);
  expect(parseCheckpoint(text)).toMatchObject({ size: 0 });
});

test('extension lines are read', () => {
  expect(parseCheckpoint(`o\n1\n${root}\none\ntwo\n`).extensions).toEqual(['one', 'two']);
});

test.each([
  ['nothing', ''],
  ['two lines', 'o\n1\n'],
  ['no newline at its end', `o\n1\n${root}`],
  ['an empty origin', `\n1\n${root}\n`],
  ['no size', `o\n\n${root}\n`],
  ['a size with a leading zero', `o\n01\n${root}\n`],
  ['a negative size', `o\n-1\n${root}\n`],
  ['a size with a sign', `o\n+1\n${root}\n`],
  ['a size in hexadecimal', `o\n0x1\n${root}\n`],
  ['a size with an exponent', `o\n1e3\n${root}\n`],
  ['a size with a space', `o\n1 \n${root}\n`],
  ['a size above 2^53−1', `o\n9007199254740992\n${root}\n`],
  ['digits of another script', `o\n١\n${root}\n`],
  ['a short root', 'o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n'],
  ['a root in base64url', `o\n1\n${root.replace('/', '_')}\n`],
  ['a root with other last bits', `o\n1\n${root.replace('q2I=', 'q2J=')}\n`],
  ['an empty extension line', `o\n1\n${root}\n\n`],
  ['an empty line among its extensions', `o\n1\n${root}\none\n\ntwo\n`],
  ['a root of leaves at size 0', `o\n0\n${root}\n`],
])('a checkpoint with %s is malformed', (_, text) => {
  expect(() => parseCheckpoint(text)).toThrow(LogFault);
});

describe('opening a signed checkpoint', () => {
  const origin = 'example.com/log';
  const log = noteSignerOf(origin, 'note', 'first');
  const nextLog = noteSignerOf(origin, 'note', 'second');
  const witness = noteSignerOf('witness.example/w1', 'cosignature');
  const head = { origin, size: 7, root: rootAt(7, treeOf(leavesOf(7))) };
  const keys = { origin, logKeys: [log.key], witnessKeys: [witness.key] };
  const now = 1_700_000_000;
  const cosigned = async () => {
    const { text, signatures } = parseNote(await signCheckpoint(head, [log]));
    return writeNote({ text, signatures: [...signatures, await cosignNote(text, now, witness)] });
  };

  test('gives the head, which of the log’s keys signed it, and which witnesses cosigned it when', async () => {
    expect(openCheckpoint(await cosigned(), keys)).toEqual({
      ok: true,
      checkpoint: { ...head, extensions: [] },
      signers: [log.key],
      witnesses: [{ key: witness.key, timestamp: now }],
    });
  });

  test('needs no witness', async () => {
    expect(openCheckpoint(await signCheckpoint(head, [log]), keys)).toMatchObject({
      ok: true,
      witnesses: [],
    });
  });

  test('works with the old and with the new key while the log rotates it', async () => {
    const signed = await signCheckpoint(head, [log, nextLog]);
    for (const logKeys of [[log.key], [nextLog.key], [log.key, nextLog.key]])
      expect(openCheckpoint(signed, { ...keys, logKeys })).toMatchObject({ ok: true });
  });

  test.each([
    ['malformed', async () => (await cosigned()).slice(0, -1)],
    [
      'malformed',
      async () =>
        writeNote({ text: 'no checkpoint\n', signatures: [await signNote('no checkpoint\n', log)] }),
    ],
    ['other origin', async () => signCheckpoint({ ...head, origin: 'example.com/other' }, [log])],
    ['bad signature', async () => (await cosigned()).replace('\n7\n', '\n8\n')],
    ['bad signature', async () => (await cosigned()).replace(/(witness\S* .{20})./, '$1A')],
    ['not signed by the log', async () => signCheckpoint(head, [nextLog])],
    [
      'not signed by the log',
      async () => {
        const text = checkpointText(head);
        return writeNote({ text, signatures: [await cosignNote(text, now, witness)] });
      },
    ],
  ])('fails as "%s"', async (failure, sign) => {
    expect(openCheckpoint(await sign(), keys)).toEqual({ ok: false, failure });
  });

  test('the key of another log does not speak for this one, and does not hide its own', async () => {
    const other = noteSignerOf('example.com/other', 'note');
    const byOther = await signCheckpoint(head, [other]);
    const logKeys = [other.key, log.key];
    expect(openCheckpoint(byOther, { ...keys, logKeys })).toEqual({
      ok: false,
      failure: 'not signed by the log',
    });
    expect(openCheckpoint(await signCheckpoint(head, [log]), { ...keys, logKeys })).toMatchObject({
      ok: true,
    });
  });

  test('the key of a witness does not speak for the log, nor that of the log for a witness, wherever listed', async () => {
    const text = checkpointText(head);
    const byWitness = writeNote({ text, signatures: [await cosignNote(text, now, witness)] });
    expect(openCheckpoint(byWitness, { ...keys, logKeys: [witness.key] })).toMatchObject({ ok: false });
    const byLog = await signCheckpoint(head, [log]);
    expect(openCheckpoint(byLog, { ...keys, witnessKeys: [log.key] })).toMatchObject({ witnesses: [] });
  });
});
