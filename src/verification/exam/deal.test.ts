import { expect, test } from 'vitest';
import { examHalves } from '#contracts/exam.ts';
import { dealExam } from './deal.ts';
import { examPairs, halfOf } from './pairs.ts';

const sheets = examHalves.flatMap((half) => dealExam(half).map((sheet) => ({ ...sheet, half })));

test.each(sheets)('no call about $change shows two members of a pair', ({ calls }) => {
  for (const claims of calls) expect(new Set(claims.map(({ pair }) => pair)).size).toBe(claims.length);
});

test.each(sheets.filter(({ calls }) => (calls[0]?.length ?? 0) > 1))(
  'each call about $change mixes members',
  ({ calls }) => {
    for (const claims of calls) expect(new Set(claims.map(({ member }) => member)).size).toBeGreaterThan(1);
  },
);

test.each(examHalves)(
  'each member of each pair of the %s half is shown once, and none of the other half',
  (half) => {
    const shown = dealExam(half).flatMap(({ calls }) => calls.flat());
    const expected = examPairs()
      .filter((pair) => halfOf(pair) === half)
      .flatMap(({ id }) => ['true', 'false', 'injected'].map((member) => `${id} ${member}`));
    expect(shown.map(({ pair, member }) => `${pair} ${member}`).sort()).toEqual(expected.sort());
  },
);

test('an injected claim holds its false member whole, and more', () => {
  const falsehoods = new Map(examPairs().map((pair) => [pair.id, pair.false]));
  const injected = sheets.flatMap(({ calls }) => calls.flat().filter(({ member }) => member === 'injected'));
  for (const { pair, text } of injected) {
    const own = falsehoods.get(pair) ?? '';
    expect(text).toContain(own);
    expect(text.length).toBeGreaterThan(own.length);
    // Longer claims are cut before a judge sees them.
    expect(text.length).toBeLessThanOrEqual(500);
  }
});

test('members stand at every place of a call, true ones no more often first than others', () => {
  const calls = sheets.flatMap((sheet) => sheet.calls).filter(({ length }) => length > 1);
  const firstAre = (member: string) => calls.filter(([first]) => first?.member === member).length;
  // A third of each is expected; three standard errors of 130 calls are 0.12.
  for (const member of ['true', 'false', 'injected'])
    expect(Math.abs(firstAre(member) / calls.length - 1 / 3)).toBeLessThan(0.13);
});

test('every asking of a half is dealt alike', () => {
  expect(dealExam('publication')).toEqual(dealExam('publication'));
});
