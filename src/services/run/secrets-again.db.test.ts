import { expect, test } from 'vitest';
import type { ContinueRequest } from '#contracts/run-request.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import { interruptedRun } from '#testing/builders/interrupted-run.ts';
import { continueRun } from './continue.ts';

test('missing headers are named; headers that the run did not have and another oracle’s address are refused', async () => {
  const at = await interruptedRun(
    {},
    {
      oracleUrl: 'https://oracle.example/ask?key=planted-query-key',
      oracleHeaders: {
        Authorization: 'Bearer planted-header',
        'X-Tenant': 'planted-tenant',
        constructor: 'planted',
      },
    },
  );
  const headers = {
    Authorization: 'Bearer planted-header-two',
    'X-Tenant': 'planted-t',
    constructor: 'planted-c',
  };
  const resume = (request: Partial<ContinueRequest>) => at.continueAs('resume', at.runId, request);
  await expect(resume({ oracleHeaders: { Authorization: 'x' } })).rejects.toMatchObject({
    fields: [{ path: 'oracleHeaders', message: expect.stringContaining('X-Tenant, constructor') }],
  });
  await expect(resume({ oracleHeaders: { ...headers, 'X-New': 'x' } })).rejects.toMatchObject({
    fields: [{ path: 'oracleHeaders', message: expect.stringContaining('X-New') }],
  });
  for (const oracleUrl of [
    'https://other.example/ask',
    'https://oracle.example/other',
    'http://oracle.example/ask',
  ])
    await expect(resume({ oracleHeaders: headers, oracleUrl })).rejects.toMatchObject({
      fields: [{ path: 'oracleUrl', message: expect.stringContaining('https://oracle.example/ask') }],
    });
  // The address had a query, which was erased with the other secrets.
  await expect(resume({ oracleHeaders: headers })).rejects.toMatchObject({
    fields: [{ path: 'oracleUrl', message: expect.stringContaining('query') }],
  });
  const closed = { ...at.context, checkOracleUrl: async () => 'It is inside this network.' };
  await expect(
    continueRun(closed, at.owner, 'resume', {
      id: at.runId,
      oracleUrl: 'https://oracle.example/ask?key=planted-again',
      oracleHeaders: headers,
      githubToken: null,
    }),
  ).rejects.toMatchObject({ fields: [{ path: 'oracleUrl', message: 'It is inside this network.' }] });
  expect(await at.db.$count(verificationRuns)).toBe(1);
  expect(await at.db.$count(runSecrets)).toBe(0);
});

test('secrets given again are sealed for the new run, reach its oracle, and are erased at its end', async () => {
  const seen: unknown[] = [];
  const at = await interruptedRun(
    {
      oracle: async (_request, secrets) => {
        seen.push(secrets);
        return undefined;
      },
    },
    { oracleHeaders: { Authorization: 'Bearer planted-one' } },
  );
  expect(await at.db.$count(runSecrets)).toBe(0);
  const given = {
    oracleUrl: 'https://oracle.example/ask?key=planted-query',
    oracleHeaders: { Authorization: 'Bearer planted-two' },
    githubToken: 'planted-token',
  };
  const { runId } = await at.continueAs('resume', at.runId, given);
  const [box] = await at.db.select().from(runSecrets);
  expect(box?.runId).toBe(runId);
  expect(at.context.secretBox.open(runId, box?.sealed ?? '')).toEqual(given);
  expect(await at.dump()).not.toMatch(/planted/);
  seen.length = 0;
  await at.pump();
  expect(seen).toEqual([given, given]);
  expect(await at.db.$count(runSecrets)).toBe(0);
  expect(await at.dump()).not.toMatch(/planted/);
});
