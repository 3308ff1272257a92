import { expect, test } from 'vitest';
import { issuesByField, readEstimateForm, readRunForm, readTryForm } from './run-form-values.ts';

const good: Record<string, string> = {
  repoUrl: 'owner/name',
  constructId: 'oracle',
  oracleUrl: 'https://oracle.example.com/verify',
  limit: '100',
  minReplays: ' 50 ',
  baselineReplays: '0',
};
const read = (changes: Record<string, string> = {}, rows: { name: string; value: string }[] = []) =>
  readRunForm((name) => ({ ...good, ...changes })[name] ?? '', rows);

test('a filled form is a request without its empty fields', () => {
  expect(
    read({ githubToken: '  ' }, [
      { name: '', value: '' },
      { name: 'X-Key', value: 'v' },
    ]),
  ).toEqual({
    request: {
      repoUrl: 'owner/name',
      constructId: 'oracle',
      oracleType: 'http',
      oracleUrl: 'https://oracle.example.com/verify',
      oracleHeaders: { 'X-Key': 'v' },
      githubToken: null,
      judge: undefined,
      model: undefined,
      limit: 100,
      minReplays: 50,
      baselineReplays: 0,
      modelCutoff: undefined,
      since: undefined,
      label: undefined,
      seed: undefined,
      blinded: false,
      maxCostUsd: undefined,
      agreementSample: undefined,
      agreementModel: undefined,
      economy: false,
    },
  });
});

test('an empty form has an error at every control that must be filled', () => {
  const answer = readRunForm(() => '', []);
  if (!('issues' in answer)) throw new Error('expected issues');
  expect(Object.keys(issuesByField(answer.issues)).toSorted()).toEqual([
    'baselineReplays',
    'constructId',
    'limit',
    'minReplays',
    'oracleUrl',
    'repoUrl',
  ]);
});

test.each(['0', '1001', '-1', '1.5', 'ten', ''])('a limit of %j is refused at its control', (limit) => {
  expect(read({ limit })).toMatchObject({ issues: [{ path: 'limit' }] });
});

test('the paid judge’s model and limits are sent, limits as numbers', () => {
  expect(
    read({
      model: ' model-2 ',
      maxCostUsd: ' 2.50 ',
      agreementSample: '0.25',
      agreementJudge: 'chat',
      agreementModel: 'm',
      economy: 'on',
    }),
  ).toMatchObject({
    request: {
      model: 'model-2',
      maxCostUsd: 2.5,
      agreementSample: 0.25,
      agreementJudge: 'chat',
      agreementModel: 'm',
      economy: true,
    },
  });
  expect(read({ maxCostUsd: '.5' })).toMatchObject({ request: { maxCostUsd: 0.5 } });
});

test.each(['0', '-1', '1e3', '2,50', '1.2.3', '.', 'US$ 2', '100001'])(
  'a cost limit of %j is refused at its control',
  (maxCostUsd) => {
    expect(read({ maxCostUsd })).toMatchObject({ issues: [{ path: 'maxCostUsd' }] });
  },
);

test('a header without a name, given twice, or that no client can send is refused', () => {
  for (const rows of [
    [{ name: ' ', value: 'v' }],
    [
      { name: 'X-Key', value: 'a' },
      { name: 'x-key', value: 'b' },
    ],
    [{ name: 'a b', value: '' }],
    [{ name: 'X-Key', value: 'a\nb' }],
  ]) {
    const answer = read({}, rows);
    expect('issues' in answer && issuesByField(answer.issues)).toHaveProperty('oracleHeaders');
  }
});

test('trying the oracle needs neither a construct nor the fields of judging', () => {
  const answer = readTryForm(
    (name) => ({ repoUrl: 'owner/name', oracleUrl: 'https://o.example/' })[name] ?? '',
    [],
  );
  expect(answer).toMatchObject({ request: { repoUrl: 'owner/name', oracleUrl: 'https://o.example/' } });
  const empty = readTryForm(() => '', []);
  expect('issues' in empty && Object.keys(issuesByField(empty.issues))).toEqual(['repoUrl', 'oracleUrl']);
});

test('an estimate needs the repository and the fields of judging, but no oracle', () => {
  const filled: Record<string, string> = {
    repoUrl: 'owner/name',
    limit: '7',
    minReplays: '5',
    baselineReplays: '5',
    economy: 'on',
  };
  const answer = readEstimateForm((name) => filled[name] ?? '');
  expect(answer).toMatchObject({ request: { repoUrl: 'owner/name', limit: 7, economy: true } });
  // Fields that do not affect the cost leave the request unchanged.
  expect(
    readEstimateForm((name) => ({ ...filled, constructId: 'c', oracleUrl: 'nonsense' })[name] ?? ''),
  ).toEqual(answer);
  const empty = readEstimateForm(() => '');
  expect('issues' in empty && Object.keys(issuesByField(empty.issues)).toSorted()).toEqual([
    'baselineReplays',
    'limit',
    'minReplays',
    'repoUrl',
  ]);
});

test('an error at a field that the form does not show is named above the form', () => {
  expect(
    issuesByField([
      { path: 'weights', message: 'wrong' },
      { path: '', message: 'second' },
    ]),
  ).toEqual({
    '': 'weights: wrong',
  });
});

test('only the fields of the oracle’s type are sent, and a missing one is an error there', () => {
  const chat = read({ oracleType: 'chat', oracleModel: 'm', oracleTool: 'left over' });
  expect(chat).toMatchObject({ request: { oracleType: 'chat', oracleModel: 'm' } });
  expect(chat).not.toMatchObject({ request: { oracleTool: expect.anything() } });
  expect(read({ oracleType: 'mcp' })).toMatchObject({ issues: [{ path: 'oracleTool' }] });
  expect(read({ oracleType: 'python', oracleModule: '../secrets', oracleCallable: 'f' })).toMatchObject({
    issues: [{ path: 'oracleModule' }],
  });
  expect(read({ oracleType: 'python', oracleModule: 'a.b', oracleCallable: 'c.d' })).toMatchObject({
    issues: [{ path: 'oracleCallable' }],
  });
});
