import { expect, test } from 'vitest';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import { testRig } from '#testing/rigs/engine-rig.ts';
import { changeNumbers, drawOf, type Script } from '#testing/rigs/scripted-engine.ts';
import { SourceError } from '#verification/sources/source.ts';
import { getPublicCertificate } from '../certificate/get.ts';

test('a changed secrets key fails the run in words for its owner', async () => {
  const { pump, run, context } = await startedRun();
  const other = await testRig();
  await pump({ onto: { ...context, secretBox: other.context.secretBox } });
  expect(await run()).toMatchObject({ status: 'FAILED', error: expect.stringContaining('secrets key') });
});

test('planted secrets are in no table and no log, after the start and after the end, even if an oracle repeats them', async () => {
  const planted = /planted/;
  const request = {
    oracleUrl: 'https://oracle.example/ask?key=planted-query-key',
    oracleHeaders: { Authorization: 'Bearer planted-header-token' },
    githubToken: 'ghp_planted_token',
  };
  const echo: Script = {
    oracle: async (_request, secrets) => ({
      kind: 'answer',
      answer: {
        summary: `I was called at ${secrets.oracleUrl} with ${secrets.oracleHeaders.Authorization}.`,
        keyClaims: [{ claim: `The token is ${secrets.githubToken}\0`, confidence: null }],
        followUpResponse: 'planted-header-token \ud800',
      },
      latencyMs: 1,
      retries: 0,
    }),
  };
  const throwing: Script = {
    oracle: async (_request, secrets) => {
      throw new Error(`fetch failed: ${secrets.oracleUrl} ${JSON.stringify(secrets.oracleHeaders)}`);
    },
  };
  const refused: Script = {
    draw: async (_config, secrets) => {
      throw new SourceError('unauthorized', `Bad credentials: ${secrets.githubToken}`);
    },
  };
  for (const script of [echo, throwing, refused]) {
    const rig = await startedRun(script, request);
    expect(await rig.dump()).not.toMatch(planted);
    await rig.pump();
    expect((await rig.run()).status).toBe(script === echo ? 'COMPLETED' : 'FAILED');
    expect(await rig.dump()).not.toMatch(planted);
    expect(JSON.stringify(rig.logged)).not.toMatch(planted);
    expect(await rig.db.$count(runSecrets)).toBe(0);
  }
});

test('no title, id or range of a private repository reaches the certificate', async () => {
  const { pump, run, db, context } = await startedRun({
    draw: async ({ limit }) => ({ ...drawOf(changeNumbers(limit, 901)), private: true }),
  });
  await pump();
  const { certificateId } = await run();
  const certificate = await getPublicCertificate(context, certificateId ?? '');
  // As whole words only: random ids may hold these digits.
  expect(JSON.stringify(certificate)).not.toMatch(
    /(?<![\w.-])90[123](?![\w.-])|owner\/name|abc\.\.def|retryLimit/,
  );
  const [stored] = await db.select().from(verificationRuns);
  expect(stored?.certificateId).toBe(certificateId);
});

test('a blinded run’s oracle learns neither repository, number nor author, and the certificate says so', async () => {
  const asked: string[] = [];
  const { pump, run, context } = await startedRun(
    {
      oracle: async (request) => {
        asked.push(JSON.stringify(request));
        return undefined;
      },
      draw: async () =>
        drawOf(
          changeNumbers(2, 142).map((change) => ({
            ...change,
            description: `By @ada in owner/name#${change.id}, see https://github.com/owner/name/pull/${change.id}`,
          })),
        ),
    },
    { limit: 2, minReplays: 2, blinded: true },
  );
  await pump();
  expect(asked).toHaveLength(2);
  for (const text of asked) expect(text).not.toMatch(/owner\/name|@ada|"id":"14[23]"|github\.com/);
  const { certificateId } = await run();
  expect((await getPublicCertificate(context, certificateId ?? '')).draw.blinded).toBe(true);
});
