import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { examHalves, examScriptNames } from '#contracts/exam.ts';
import { describeExam, knownReferences, knownResults } from '#verification/exam/describe.ts';
import { Exams } from './exams.tsx';

const [known] = knownResults();
if (known === undefined) throw new Error('There is no result to show.');

const shown = (...results: Parameters<typeof Exams>[0]['results']) =>
  renderToStaticMarkup(
    <Exams
      exam={describeExam()}
      results={results}
      references={[]}
      prompts={[known.promptDigest, 'e'.repeat(64)]}
    />,
  );

test('the page says who wrote and read the exam, what was left out, and that no person did', () => {
  const page = shown();
  expect(page).toContain('No person has read the exam.');
  expect(page).toContain('119 of 120 agree');
  expect(page).toContain('1 pair');
});

test('a result names judge, endpoint, half, how often it was asked, its rates with intervals, and what is in none', () => {
  const claims = { shown: 177, ruled: 3, notRuledOn: 170, unanswered: 4 };
  const q0 = { value: 0.5, of: 2, interval: { lower: 0.0941, upper: 0.9055 } };
  const page = shown({
    ...known,
    ...{ provider: 'chat', model: 'model-1', endpoint: 'http://127.0.0.1:11434', half: 'publication' },
    ...{ askedAt: '2026-11-30T12:00:00.000Z', askings: 3, claims, q0, leak: null },
  });
  for (const text of [
    'chat, model-1',
    'at http://127.0.0.1:11434',
    'publication half',
    'asked 3 times with prompts',
    '3 of 177 claims ruled on; 170 not ruled on, in no rate; 4 without a usable verdict',
    '0.500',
    '0.094 to 0.905, of 2',
    'not measured',
  ])
    expect(page.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ')).toContain(text);
});

test('a result on other material is marked', () => {
  expect(shown({ ...known, askedAt: null, askings: 0 })).not.toContain('of an earlier exam');
  expect(shown({ ...known, material: 'd'.repeat(64), askedAt: null, askings: 0 })).toContain(
    'of an earlier exam',
  );
});

test('a result under other prompts than this version’s is marked, whichever of its judges they are for', () => {
  const listed = { ...known, askedAt: null, askings: 0 };
  expect(shown(listed, { ...listed, promptDigest: 'e'.repeat(64) })).not.toContain('with earlier prompts');
  expect(shown({ ...listed, promptDigest: 'f'.repeat(64) })).toContain('with earlier prompts');
});

test('a cost that nobody can know is unknown, as on the command line', () => {
  const usage = { ...known.usage, costUsd: null };
  expect(shown({ ...known, usage, askedAt: null, askings: 0 })).toContain('unknown');
});

test('scripts stand in a table of their own, which says that they are no judges', () => {
  const page = renderToStaticMarkup(
    <Exams exam={describeExam()} results={[]} references={knownReferences()} prompts={[]} />,
  );
  const [judges = '', scripts = ''] = page.split('What scripts would score</h3>');
  for (const script of examScriptNames) {
    expect(judges).not.toContain(`data-script="${script}"`);
    expect(scripts.split(`data-script="${script}"`)).toHaveLength(examHalves.length + 1);
  }
  expect(scripts).toContain('no judge gave these figures');
  expect(scripts.replaceAll(/<[^>]*>/g, '')).toContain('never notices a swapped one; publication half');
});
