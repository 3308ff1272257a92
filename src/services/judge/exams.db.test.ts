import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '#db/client.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { examJudge } from '#testing/rigs/exam-judges.ts';
import { sitExam } from '#verification/exam/sit.ts';
import { beginExam, endExam, examOf, listExams } from './exams.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let connection: ReturnType<typeof openDatabase>;
beforeAll(async () => {
  database = await testDatabase();
  connection = openDatabase(database.databaseUrl, { max: 1 });
});
afterAll(async () => {
  await connection.close();
  await database.close();
});

const sit = (judge: ReturnType<typeof examJudge>) =>
  sitExam(judge, 'publication', {
    atOnce: 1,
    signal: new AbortController().signal,
    onSheet: () => {},
    onGivenUp: () => {},
  });

test('an asking counts from before its first call, whatever the model, and the newest result of each judge is listed', async () => {
  const { db } = connection;
  const empty = await listExams({ db });
  // The offline check follows a rule, so its results come with the program.
  expect(empty.results.map(({ provider, askedAt, askings }) => [provider, askedAt, askings])).toEqual([
    ['offline', null, 0],
    ['offline', null, 0],
  ]);
  expect(empty.exam.pairs).toBeGreaterThan(0);

  const [lenient, right] = [examJudge(() => true), examJudge(({ member }) => member === 'true')];
  const [lenientResult, rightResult] = [await sit(lenient), await sit(right)];
  const first = await beginExam({ db }, lenient, 'publication');
  expect(first.askings).toBe(1);
  await endExam({ db }, first.id, lenientResult);
  const brokenOff = await beginExam({ db }, right, 'publication');
  expect(brokenOff.askings).toBe(2);
  const other = { ...right, model: 'another' };
  const third = await beginExam({ db }, other, 'publication');
  await endExam({ db }, third.id, { ...rightResult, model: 'another' });
  // Other prompts and the other half are counted apart.
  const elsewhere = await beginExam({ db }, { ...right, promptDigest: 'f'.repeat(64) }, 'publication');
  const otherHalf = await beginExam({ db }, right, 'development');
  expect([third.askings, elsewhere.askings, otherHalf.askings]).toEqual([3, 1, 1]);

  const asked = async () => (await listExams({ db })).results.filter(({ askedAt }) => askedAt !== null);
  const results = await asked();
  expect(results.map(({ model, askings, q0 }) => [model, askings, q0?.value])).toEqual([
    ['another', 3, 1],
    ['scripted', 3, 0],
  ]);

  const hosted = { ...right, provider: 'chat' as const, endpoint: 'http://127.0.0.1:11434' };
  const fifth = await beginExam({ db }, hosted, 'development');
  await endExam({ db }, fifth.id, { ...rightResult, half: 'development', endpoint: hosted.endpoint });
  const sixth = await beginExam({ db }, { ...hosted, endpoint: 'http://127.0.0.1:8000' }, 'development');
  await endExam({ db }, sixth.id, { ...rightResult, half: 'development', endpoint: 'http://127.0.0.1:8000' });
  const perEndpoint = (await asked()).filter(({ endpoint }) => endpoint !== null);
  expect(perEndpoint.map(({ endpoint }) => endpoint)).toEqual([
    'http://127.0.0.1:11434',
    'http://127.0.0.1:8000',
  ]);

  const again = await beginExam({ db }, lenient, 'publication');
  await endExam({ db }, again.id, rightResult);
  const later = await asked();
  expect(
    later
      .filter(({ half }) => half === 'publication')
      .map(({ model, askings, q0 }) => [model, askings, q0?.value]),
  ).toEqual([
    ['another', 4, 1],
    ['scripted', 4, 1],
  ]);
});

test('a certificate names the newest asking of the publication half by its own model, endpoint and prompts', async () => {
  const { db } = connection;
  const judge = {
    provider: 'anthropic' as const,
    model: 'examined',
    endpoint: null as string | null,
    promptDigest: 'a'.repeat(64),
  };
  expect(await examOf({ db }, judge)).toBeNull();
  const result = { ...(await sit(examJudge(({ member }) => member === 'true'))), ...judge };
  const keep = async (changes: Partial<typeof result>) => {
    const kept = { ...result, ...changes };
    const { id } = await beginExam({ db }, kept, kept.half);
    await endExam({ db }, id, kept);
  };
  // None of these is the judge's own: the other half, another model, endpoint or prompts, or earlier material.
  await keep({ half: 'development' });
  await keep({ model: 'another' });
  await keep({ endpoint: 'http://127.0.0.1:11434' });
  await keep({ promptDigest: 'b'.repeat(64) });
  await keep({ material: 'c'.repeat(64) });
  expect(await examOf({ db }, judge)).toBeNull();
  await keep({ q0: null });
  await keep({});
  await beginExam({ db }, judge, 'publication');
  expect(await examOf({ db }, judge)).toMatchObject({
    q0: { value: 1 },
    askedAt: expect.any(String),
    askings: 6,
  });
  const [offline] = (await listExams({ db })).results.filter(({ provider }) => provider === 'offline');
  if (offline === undefined) throw new Error('The offline check has no result.');
  expect(await examOf({ db }, offline)).toMatchObject({ askedAt: null, askings: 0 });
});
