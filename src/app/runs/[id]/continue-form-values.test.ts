import { expect, test } from 'vitest';
import { controlsOf, issuesByControl, readContinueForm } from './continue-form-values.ts';

const run = { runId: 'r', oracleHeaderNames: ['Authorization', 'X.Key'], costUsd: 0 };
const read = (values: Record<string, string>) =>
  readContinueForm((control) => values[control] ?? '', 'resume', run);

test('a filled form sends each header by its own name; what was left empty is left to the run before', () => {
  expect(read({ 'header-0': 'Bearer a', 'header-1': 'b', maxCostUsd: ' 2.5 ' })).toEqual({
    request: {
      id: 'r',
      oracleUrl: undefined,
      oracleHeaders: { Authorization: 'Bearer a', 'X.Key': 'b' },
      githubToken: null,
      maxCostUsd: 2.5,
    },
  });
});

test('a header without its value is an error at that header', () => {
  const answer = read({ 'header-0': 'Bearer a' });
  expect('issues' in answer && issuesByControl(answer.issues, run)).toEqual({
    'header-1': 'Give its value again.',
  });
});

test('a value that no client could send, an address and a limit that are none are errors at their controls', () => {
  const answer = read({ 'header-0': 'a', 'header-1': 'ü', oracleUrl: 'ftp://o', maxCostUsd: '-1' });
  expect('issues' in answer && Object.keys(issuesByControl(answer.issues, run)).toSorted()).toEqual([
    'header-1',
    'maxCostUsd',
    'oracleUrl',
  ]);
});

test('a resumed run’s limit below what its attempt has cost is refused at its control, a new attempt’s is not', () => {
  const spent = { runId: 'r', oracleHeaderNames: [], costUsd: 2.5 };
  const limitOf = (how: 'resume' | 'retry', maxCostUsd: string) =>
    readContinueForm((control) => (control === 'maxCostUsd' ? maxCostUsd : ''), how, spent);
  expect(limitOf('resume', '2.49')).toEqual({
    issues: [
      {
        path: 'maxCostUsd',
        message: 'This attempt has cost US$ 2.50 already. Give a limit above that.',
      },
    ],
  });
  expect(limitOf('resume', '2.51')).toMatchObject({ request: { maxCostUsd: 2.51 } });
  expect(limitOf('resume', '')).toMatchObject({ request: { maxCostUsd: undefined } });
  expect(limitOf('retry', '1')).toMatchObject({ request: { maxCostUsd: 1 } });
});

test('what the server says of a control stands there, and what belongs to none stands above the form', () => {
  expect(
    issuesByControl(
      [
        { path: 'oracleHeaders', message: 'give them again' },
        { path: 'githubToken', message: 'give it again' },
        { path: 'id', message: 'resumed already' },
      ],
      run,
    ),
  ).toEqual({ 'header-0': 'give them again', githubToken: 'give it again', '': 'resumed already' });
  const bare = { oracleHeaderNames: [] };
  expect(issuesByControl([{ path: 'oracleHeaders', message: 'm' }], bare)).toEqual({ '': 'm' });
  expect(controlsOf(bare)).toEqual(['oracleUrl', 'githubToken', 'maxCostUsd']);
});
