import { expect, test } from 'vitest';
import { opensAll, openTexts, readSeals, sealTexts } from './sealed-texts.ts';

const run = { groundTruthId: '1', salt: 'secret' };
const digest = { sealed: expect.stringMatching(/^[0-9a-f]{64}$/) };

test('every text of an oracle is sealed, so sealing does not show which texts repeat a key', () => {
  const lines = Array.from({ length: 20 }, (_, at) => `export const limitNumber${at} = ${at * 7};`);
  const record = {
    answer_key: {
      kind: 'made',
      key: { changes: [{ id: 'c1', statement: 'It is raised.', quote: lines[3] }] },
    },
    oracle: {
      kind: 'answer',
      answer: {
        summary: lines.join('\n'),
        key_claims: lines.map((claim) => ({ claim, confidence: 0.5 })),
        follow_up_response: lines[3],
      },
    },
  };
  expect(sealTexts(record, run).oracle).toEqual({
    kind: 'answer',
    answer: {
      summary: digest,
      key_claims: lines.map(() => ({ claim: digest, confidence: 0.5 })),
      follow_up_response: digest,
    },
  });
});

test('the text of an oracle’s failure is sealed; its kind, ids, booleans, counts and models are open', () => {
  const record = {
    oracle: { kind: 'failure', reason: 'exception', detail: 'They ask me: What is it?', http_answered: true },
    recall: {
      kind: 'judged',
      model: 'm',
      changes: [
        { id: 'c1', surfaced: true, quote: 'It is raised.' },
        { id: 'c2', surfaced: false, quote: null },
      ],
      summary_cut_characters: 3,
    },
    precision: { kind: 'unscored', reason: 'the judge refused to answer', asks: 4 },
  };
  expect(sealTexts(record, run)).toEqual({
    oracle: { kind: 'failure', reason: 'exception', detail: digest, http_answered: true },
    recall: {
      kind: 'judged',
      model: 'm',
      changes: [
        { id: 'c1', surfaced: true, quote: digest },
        { id: 'c2', surfaced: false, quote: null },
      ],
      summary_cut_characters: 3,
    },
    precision: record.precision,
  });
});

test('of a private repository every text is withheld, why a verdict is missing too, and only enumerations stay', () => {
  const record = {
    oracle: { kind: 'failure', reason: 'status' },
    precision: { kind: 'unscored', reason: 'the judge refused "secret text"', form: 'words' },
  };
  expect(sealTexts(record, { groundTruthId: '1', salt: null })).toEqual({
    oracle: record.oracle,
    precision: { kind: 'unscored', reason: { sealed: null }, form: 'words' },
  });
});

test('a text that is open where it must be sealed, sealed where it must be open, or sealed by no digest, is refused', () => {
  const read =
    (precision: object, isPrivate = false) =>
    () =>
      readSeals({ precision }, isPrivate);
  expect(read({ quote: { sealed: 'a'.repeat(64) }, id: 'c1' })()).toEqual({
    record: { precision: { quote: 'a'.repeat(64), id: 'c1' } },
    sealed: 1,
  });
  expect(read({ quote: 'In clear.' })).toThrow('precision.quote is not sealed');
  expect(read({ id: { sealed: 'a'.repeat(64) } })).toThrow('precision.id is not sealed as');
  for (const sealed of [null, '', 'A'.repeat(64), 7])
    expect(read({ quote: { sealed } })).toThrow('precision.quote is not sealed as');
  expect(read({ quote: { sealed: 'a'.repeat(64) } }, true)).toThrow('precision.quote is not sealed as');
});

test('every sealed text must be opened, each at its own place', () => {
  const record = { answer_key: { changes: [{ text: 'A' }, { text: 'B' }, { text: 'A' }] } };
  const sealed = sealTexts(record, run);
  const [a, b, c] = openTexts(record, run);
  if (a === undefined || b === undefined || c === undefined) throw new Error('Three were sealed.');
  expect(opensAll(sealed, [a, b, c])).toBe(true);
  expect(opensAll(sealed, [c, b, a])).toBe(true);
  for (const others of [[a, b], [a, a, b], [a, b, b], [c, c, c], [a, b, c, c], []])
    expect(opensAll(sealed, others)).toBe(false);
});
