import { expect, test } from 'vitest';
import {
  judgedChange,
  limitLine,
  says,
  verdict,
  verdictMaterial,
} from '#testing/builders/verdict-material.ts';
import { scriptedJudge } from '#testing/rigs/scripted-judge.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import { judgeRecall } from './verdicts.ts';

const surfaced = (id: string, quote: string) => verdict(id, 'surfaced', quote);

test('a change is surfaced if the quote stands in the summary', async () => {
  const judge = scriptedJudge(
    says(surfaced('c1', 'jobs stop at a bound'), surfaced('c2', limitLine)),
    says(surfaced('c2', 'not in the summary')),
  );
  expect(await judgeRecall(verdictMaterial(judge))).toMatchObject({
    kind: 'judged',
    asks: 2,
    changes: [
      { id: 'c1', surfaced: true, quote: 'jobs stop at a bound' },
      { id: 'c2', surfaced: false, quote: null },
    ],
    summaryCutCharacters: 0,
    copiedCharacters: 0,
  });
  expect(judge.tasks[1]).toMatchObject({ measure: 'recall', changes: [{ id: 'c2' }] });
});

test('passages copied from the diff are removed before the judge sees the summary', async () => {
  const long = 'one two three four five six seven';
  const truth = { ...judgedChange, diff: judgedChange.diff.replace(limitLine, long) };
  const judge = scriptedJudge(says(verdict('c1', 'not_surfaced'), verdict('c2', 'not_surfaced')));
  const summary = `It says ${long} now.`;
  const result = await judgeRecall({
    ...verdictMaterial(judge, { summary }),
    groundTruth: truth,
    diff: parseDiff(truth.diff),
  });
  expect(result).toMatchObject({ copiedCharacters: long.length });
  expect(judge.tasks).toMatchObject([{ summary: 'It says  now.' }]);
});

test.each([
  ['is empty', ''],
  ['holds nothing but white space and signs', ' \n… — .'],
])('a summary that %s surfaces nothing, and the judge is not asked', async (_, summary) => {
  expect(await judgeRecall(verdictMaterial(scriptedJudge(), { summary }))).toMatchObject({
    kind: 'judged',
    asks: 0,
    changes: [
      { id: 'c1', surfaced: false, quote: null },
      { id: 'c2', surfaced: false, quote: null },
    ],
  });
});

test('a summary without verdicts within the budget surfaces nothing if the key’s own changes in its place are surfaced', async () => {
  const judge = scriptedJudge(
    ...Array.from({ length: 4 }, () => ({ fault: 'refused' as const })),
    says(surfaced('c1', 'Retries are limited to 25.'), surfaced('c2', 'Retries wait 15 seconds.')),
  );
  expect(await judgeRecall(verdictMaterial(judge))).toMatchObject({
    kind: 'judged',
    control: true,
    changes: [{ surfaced: false }, { surfaced: false }],
  });
  expect(judge.tasks[4]).toMatchObject({ summary: 'Retries are limited to 25.\nRetries wait 15 seconds.' });
});

test('a summary is judged up to its cap, and the characters cut are counted', async () => {
  const judge = scriptedJudge(says(verdict('c1', 'not_surfaced'), verdict('c2', 'not_surfaced')));
  const summary = `${'x'.repeat(2000)} jobs stop at a bound`;
  expect(await judgeRecall(verdictMaterial(judge, { summary }))).toMatchObject({ summaryCutCharacters: 21 });
  expect(judge.tasks).toMatchObject([{ summary: 'x'.repeat(2000) }]);
});
