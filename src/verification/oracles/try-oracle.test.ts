import { expect, test } from 'vitest';
import type { OracleAnswer, OracleFailure, OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { meaningOfStatus } from '../foreign/answer-status.ts';
import { offlineFacts, offlineJudge } from '../judges/offline/judge.ts';
import { foldClaims } from '../text/fold-claims.ts';
import { reviewOutcome, trialQuestion, tryOracle } from './try-oracle.ts';

const change = changeNumber(1);
const noFacts = () => () => [];
const good: OracleAnswer = {
  summary: 'A failing job gives up after a bounded number of attempts.',
  keyClaims: [{ claim: 'Attempts of one job are now bounded', confidence: 0.9 }],
  followUpResponse: 'The first file is job-1, where two constants appear.',
};
const answered = (answer: Partial<OracleAnswer> = {}, latencyMs = 5): OracleOutcome => ({
  kind: 'answer',
  answer: { ...good, ...answer },
  latencyMs,
  retries: 0,
});
const claims = (...texts: string[]) => ({
  keyClaims: texts.map((claim) => ({ claim, confidence: null })),
});
const numbered = (count: number) =>
  Array.from({ length: count }, (_, at) => `Attempt number ${at} of a job stops early`);

test('an answer that follows the contract gets no remark', () => {
  expect(reviewOutcome(answered(), change, noFacts)).toEqual([]);
});

test.each<[string, OracleOutcome, RegExp[]]>([
  ['an empty summary', answered({ summary: ' ' }), [/^summary is empty/]],
  ['a long summary', answered({ summary: 'word '.repeat(500) }), [/^summary has 2500 characters.*2000/]],
  [
    'a summary that names parts of the diff in its own words',
    answered({
      summary: 'It adds export const retryLimit1 = 25; and export const backoffSeconds1 = 15; there.',
    }),
    [],
  ],
  ['no claims', answered(claims()), [/^key_claims is empty/]],
  ['too many claims', answered(claims(...numbered(51))), [/^key_claims has 51 claims.*first 50/]],
  [
    'a claim that is too long',
    answered(claims(`Jobs stop early ${'because of reasons '.repeat(40)}`)),
    [/^1 of the claims are longer than 500/],
  ],
  [
    'claims that repeat the title',
    answered(claims('Bound the retries of job 1', 'Attempts of a failing job are bounded')),
    [/^1 of the 2 claims only repeat the diff/],
  ],
  [
    'a repeated claim',
    answered(claims('A job now gives up early', 'a JOB now gives up, early!')),
    [/^1 of the claims repeat another/],
  ],
  ['no reply', answered({ followUpResponse: '' }), [/^follow_up_response is empty/]],
  ['a long reply', answered({ followUpResponse: 'x'.repeat(1001) }), [/^follow_up_response has 1001/]],
  ['a slow answer', answered({}, 61_000), [/^The answer took 61 seconds/]],
])('%s gets a remark in plain words', (_, outcome, expected) => {
  const remarks = reviewOutcome(outcome, change, noFacts);
  expect(remarks.every(({ level }) => level === 'warning')).toBe(true);
  expect(remarks.map(({ text }) => text)).toEqual(expected.map((words) => expect.stringMatching(words)));
});

test('a passage of six or more words from one line of the diff is reported as copied', () => {
  const line = 'the quick brown fox jumps over the lazy dog';
  const copied = { ...change, diff: change.diff.replace('+export', `+// ${line}\n+export`) };
  expect(reviewOutcome(answered({ summary: `It says ${line}.` }), copied, noFacts)).toEqual([
    { level: 'warning', text: expect.stringContaining('copied from the diff') },
  ]);
});

test('a passage of an unchanged line is reported as copied, since a run removes it too', () => {
  const line = 'the quick brown fox jumps over the lazy dog';
  const context = {
    ...change,
    diff: change.diff
      .replace(' import queue', ` // ${line}\n import queue`)
      .replace('-1,1 +1,3', '-1,2 +1,4'),
  };
  expect(reviewOutcome(answered({ summary: `It says ${line}.` }), context, noFacts)).toEqual([
    { level: 'warning', text: expect.stringContaining('copied from the diff') },
  ]);
});

test('an answer that a run would score 0 is an error, in the words that the replay would have', async () => {
  const outcome: OracleOutcome = {
    kind: 'failure',
    reason: 'malformed',
    detail: 'key_claims[0] must be a string or {claim, confidence}; it is null.',
    httpAnswered: true,
    latencyMs: 7,
    retries: 1,
  };
  const asked: OracleRequest[] = [];
  const oracle = {
    ask: async (request: OracleRequest) => {
      asked.push(request);
      return outcome;
    },
  };
  expect(
    await tryOracle(oracle, change, {
      blinding: null,
      ruleFacts: noFacts,
      signal: new AbortController().signal,
    }),
  ).toEqual({
    change: { id: '1', title: change.title, url: null, filesChanged: 1 },
    question: trialQuestion,
    answer: null,
    latencyMs: 7,
    retries: 1,
    remarks: [{ level: 'error', text: outcome.detail }],
  });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.pr.diff_content).toBe(change.diff);
});

test('an oracle that lets no question in is told of with what to do about it', () => {
  const failed = (more: Partial<OracleFailure>) =>
    reviewOutcome(
      {
        kind: 'failure',
        reason: 'status',
        detail: 'It said so.',
        httpAnswered: true,
        latencyMs: 1,
        retries: 0,
        ...more,
      },
      change,
      noFacts,
    );
  const advised = (more: Partial<OracleFailure>) => failed(more)[0]?.text.replace('It said so. ', '') ?? '';
  const closed = Array.from({ length: 200 }, (_, at) => 400 + at).filter(
    (status) => meaningOfStatus(status) === 'not_let_in',
  );
  expect(closed).toEqual(expect.arrayContaining([401, 402, 403]));
  const texts = closed.map((status) => advised({ status }));
  for (const text of texts) expect(text).toMatch(/^(?:It|A proxy) .*: \w.*\.$/);
  expect(new Set(texts).size).toBe(closed.length);
  expect(advised({ status: 402 })).toContain('credit');
  expect(advised({ reason: 'quota_exhausted' })).toContain('credit');
  expect(advised({ reason: 'unknown_tool' })).toContain('tool');
  // Its own fault, which passes or is in its log.
  for (const status of [400, 429, 500, 503])
    expect(failed({ status })).toEqual([{ level: 'error', text: 'It said so.' }]);
});

test('claims that repeat the diff and state facts are counted as a run under each kind of judge counts them', () => {
  const keyClaims = claims(
    'Adds `retryLimit1`.',
    'Adds `backoffSeconds1`.',
    'Bound the retries of job 1',
  ).keyClaims;
  const [remark] = reviewOutcome(answered({ keyClaims }), change, offlineFacts);
  const byModel = foldClaims(keyClaims, change);
  const byRule = foldClaims(keyClaims, change, offlineJudge().open(change).factsOf);
  const restated = (folded: typeof byModel) =>
    folded.filter(({ restatement }) => restatement).flatMap(({ members }) => members).length;
  expect(restated(byModel)).toBeGreaterThan(restated(byRule));
  expect(remark?.text).toContain(`${restated(byModel)} of the 3 claims`);
  expect(remark?.text).toContain(
    `The offline check counts ${restated(byModel) - restated(byRule)} of them singly`,
  );
});
