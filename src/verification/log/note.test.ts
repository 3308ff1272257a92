import { describe, expect, test } from 'vitest';
import { noteSignerOf } from '#testing/builders/ed25519-key.ts';
import { withFlippedBit } from '#testing/builders/merkle-leaves.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { LogFault } from './log-fault.ts';
import { parseNote, parseSignatures, verifyNote, writeNote } from './note.ts';
import { cosignNote, signNote } from './signing/sign-note.ts';
import { parseVerifierKey, verifierKey } from './verifier-key.ts';

const example = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;
const key = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
const poem = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`;

describe('the examples of signed-note', () => {
  test('verify by their verifier key, and by no other', () => {
    expect(verifyNote(parseNote(example), [key])).toEqual({
      ok: true,
      signatures: [{ key, timestamp: null }],
    });
    const other = noteSignerOf('example.com/foo', 'note').key;
    expect(verifyNote(parseNote(example), [other])).toEqual({ ok: false, failure: 'unknown keys' });
  });

  test('are read and written to the byte, with the empty lines of their text', () => {
    expect(parseNote(poem)).toMatchObject({
      text: 'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n',
      signatures: [{ name: 'quasimodo.example/salvatore', id: '367ba04b' }],
    });
    for (const note of [example, poem]) expect(writeNote(parseNote(note))).toBe(note);
  });

  test('do not verify with any other text or signature', () => {
    fc.assert(
      fc.property(fc.nat({ max: 64 * 8 - 1 }), fc.string({ maxLength: 4 }), (bit, added) => {
        const note = parseNote(example);
        const signatures = note.signatures.map((one) => ({
          ...one,
          signature: withFlippedBit(one.signature, bit),
        }));
        const failed = { ok: false, failure: 'bad signature' };
        expect(verifyNote({ ...note, signatures }, [key])).toEqual(failed);
        if (added !== '')
          expect(verifyNote({ ...note, text: `${added}${note.text}` }, [key])).toEqual(failed);
      }),
    );
  });
});

const line = 'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=';
test.each([
  ['nothing', ''],
  ['no signatures', 'text\n'],
  ['no signature line', 'text\n\n'],
  ['no empty line', `text\n— a ${line}\n`],
  ['no newline at its end', `text\n\n— a ${line}`],
  ['an empty line at its end', `text\n\n— a ${line}\n\n`],
  ['a hyphen for the dash', `text\n\n- a ${line}\n`],
  ['no space after the dash', `text\n\n—a ${line}\n`],
  ['two spaces', `text\n\n— a  ${line}\n`],
  ['a space at the end of a line', `text\n\n— a ${line} \n`],
  ['no name', `text\n\n—  ${line}\n`],
  ['a name with a plus', `text\n\n— a+b ${line}\n`],
  ['a name with a no-break space', `text\n\n— a\u00a0b ${line}\n`],
  ['no base64', 'text\n\n— a Uw2Q?kn8\n'],
  ['base64 without padding', `text\n\n— a ${line.replace('=', '')}\n`],
  ['base64 with other last bits', `text\n\n— a ${line.replace('aQM=', 'aQN=')}\n`],
  ['base64url', `text\n\n— a Uw2QOkn8srV1yJGh2VYRlL1T-_A=\n`],
  ['a key id alone', 'text\n\n— a Uw2QOg==\n'],
  ['a carriage return', `text\r\n\n— a ${line}\n`],
  ['a tab', `te\txt\n\n— a ${line}\n`],
  ['a zero byte', `te\u0000xt\n\n— a ${line}\n`],
  ['a lone surrogate', `te\ud800xt\n\n— a ${line}\n`],
  ['101 signatures', `text\n\n${`— a ${line}\n`.repeat(101)}`],
])('a note with %s is malformed', (_, note) => {
  expect(() => parseNote(note)).toThrow(LogFault);
});

test('a note with 100 signatures is read', () => {
  expect(parseNote(`text\n\n${`— a ${line}\n`.repeat(100)}`).signatures).toHaveLength(100);
});

test('a note is not written with a text that cannot be read again', () => {
  for (const text of ['no newline', 'tab\t\n', '\ud800\n'])
    expect(() => writeNote({ text, signatures: [] })).toThrow(RangeError);
});

const text = 'example.com/log\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const log = noteSignerOf('example.com/log', 'note', 'first');
const nextLog = noteSignerOf('example.com/log', 'note', 'second');
const witness = noteSignerOf('witness.example/w1', 'cosignature');
const now = 1_679_315_147;

describe('several signatures', () => {
  const signatures = async () => [
    await signNote(text, log),
    await signNote(text, nextLog),
    await cosignNote(text, now, witness),
  ];

  test('are each verified by their own key; that of a witness has its time', async () => {
    const note = { text, signatures: await signatures() };
    expect(verifyNote(note, [witness.key, log.key, nextLog.key])).toEqual({
      ok: true,
      signatures: [
        { key: log.key, timestamp: null },
        { key: nextLog.key, timestamp: null },
        { key: witness.key, timestamp: now },
      ],
    });
  });

  test('while a key rotates, whoever knows one of the two keys verifies', async () => {
    const note = { text, signatures: await signatures() };
    for (const { key: known } of [log, nextLog])
      expect(verifyNote(note, [known])).toEqual({
        ok: true,
        signatures: [{ key: known, timestamp: null }],
      });
  });

  test('one wrong signature by a known key refuses the note; one by an unknown key does not', async () => {
    const [first, second] = await signatures();
    if (first === undefined || second === undefined) throw new Error('Three were signed.');
    const wrong = { ...second, signature: withFlippedBit(second.signature, 9) };
    const note = { text, signatures: [first, wrong] };
    expect(verifyNote(note, [log.key, nextLog.key])).toEqual({ ok: false, failure: 'bad signature' });
    expect(verifyNote(note, [log.key])).toMatchObject({ ok: true });
  });

  test('a known id under another name is an unknown key', async () => {
    const [first] = await signatures();
    if (first === undefined) throw new Error('One was signed.');
    expect(verifyNote({ text, signatures: [{ ...first, name: 'example.com/other' }] }, [log.key])).toEqual({
      ok: false,
      failure: 'unknown keys',
    });
  });

  test('a signature under the name and id of another key is wrong', async () => {
    const [first] = await signatures();
    if (first === undefined) throw new Error('One was signed.');
    const forged = { ...first, id: nextLog.key.id };
    expect(verifyNote({ text, signatures: [forged] }, [nextLog.key])).toEqual({
      ok: false,
      failure: 'bad signature',
    });
  });

  test('the same key counts once, with the newest of its times', async () => {
    const times = [now, now + 20, now + 10];
    const cosigned = await Promise.all(times.map((time) => cosignNote(text, time, witness)));
    expect(verifyNote({ text, signatures: cosigned }, [witness.key])).toEqual({
      ok: true,
      signatures: [{ key: witness.key, timestamp: now + 20 }],
    });
    const twice = await signNote(text, log);
    expect(verifyNote({ text, signatures: [twice, twice] }, [log.key])).toMatchObject({
      signatures: [{ key: log.key }],
    });
  });
});

describe('a cosignature', () => {
  test('signs the message that tlog-cosignature gives', async () => {
    const messages: string[] = [];
    const sign = async (message: Uint8Array) => {
      messages.push(new TextDecoder().decode(message));
      return witness.sign(message);
    };
    await cosignNote(text, now, { ...witness, sign });
    expect(messages).toEqual([`cosignature/v1\ntime ${now}\n${text}`]);
  });

  test('does not hold with any bit changed, that of its time included', async () => {
    const one = await cosignNote(text, now, witness);
    expect(one.signature).toHaveLength(72);
    fc.assert(
      fc.property(fc.nat({ max: 72 * 8 - 1 }), (bit) => {
        const signatures = [{ ...one, signature: withFlippedBit(one.signature, bit) }];
        expect(verifyNote({ text, signatures }, [witness.key])).toEqual({
          ok: false,
          failure: 'bad signature',
        });
      }),
    );
  });

  test('is no signature of the log, nor the other way round, even by one public key', async () => {
    const asNote = verifierKey(witness.key.name, 'note', witness.key.publicKey);
    const signed = await signNote(text, { ...witness, key: asNote });
    const cosigned = await cosignNote(text, now, witness);
    const failed = { ok: false, failure: 'bad signature' };
    expect(verifyNote({ text, signatures: [{ ...signed, id: witness.key.id }] }, [witness.key])).toEqual(
      failed,
    );
    expect(verifyNote({ text, signatures: [{ ...cosigned, id: asNote.id }] }, [asNote])).toEqual(failed);
  });

  test('with a time above 2^53−1 seconds does not hold', async () => {
    const time = new Uint8Array(8);
    new DataView(time.buffer).setBigUint64(0, 2n ** 53n);
    const message = new TextEncoder().encode(`cosignature/v1\ntime ${2n ** 53n}\n${text}`);
    const signature = Uint8Array.from([...time, ...(await witness.sign(message))]);
    const { name, id } = witness.key;
    expect(verifyNote({ text, signatures: [{ name, id, signature }] }, [witness.key])).toMatchObject({
      ok: false,
    });
  });

  test('is not made with a key or a time of another kind', async () => {
    await expect(cosignNote(text, now, log)).rejects.toThrow(RangeError);
    await expect(cosignNote(text, 0.5, witness)).rejects.toThrow(RangeError);
    await expect(cosignNote(text, -1, witness)).rejects.toThrow(RangeError);
    await expect(signNote(text, witness)).rejects.toThrow(RangeError);
  });
});

// The example body of tlog-witness, "add-checkpoint".
const answer = `— witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==
— witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==
— witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==
`;

test('the lines that tlog-witness gives as an answer are read', () => {
  expect(parseSignatures(answer).map(({ name, signature }) => [name, signature.length])).toEqual([
    ['witness.example/w1', 72],
    ['witness.example/w1', 72],
    ['witness.example/w2', 72],
  ]);
});
