import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { certificateSchema } from '#contracts/certificate.ts';
import { runSchema } from '#contracts/run.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import { ingestRun } from './ingest.ts';

test('a run that was under way when retries, controls and canaries came is certified in the form of today', async () => {
  const { db, context, pump, run, runId } = await startedRun();
  await ingestRun(context, { runId });
  const [first] = await db.select().from(verificationReplays).where(eq(verificationReplays.runId, runId));
  const usage = {
    calls: 1,
    inputTokens: 1,
    cacheWriteTokens: 0,
    cacheReadTokens: 0,
    outputTokens: 1,
    costUsd: 0,
  };
  const key = {
    changes: [{ id: 'c1', statement: 'Retries are limited to 25.', quote: 'export const retryLimit1 = 25;' }],
    question: 'How many?',
    referenceAnswer: '25',
    questionQuote: 'export const retryLimit1 = 25;',
  };
  const judged = { kind: 'judged', model: 'offline-1', asks: 1, latencyMs: 1, usage };
  // As version 0eea3cd wrote them.
  const json = (value: object) => sql`${JSON.stringify(value)}::jsonb`;
  await db.execute(sql`
    update verification_replays set
      answer_key_json = ${json({ kind: 'made', key, model: 'offline-1', asks: 1, usage })},
      oracle_json = ${json({
        kind: 'answer',
        answer: { summary: 's', keyClaims: [], followUpResponse: '' },
        latencyMs: 1,
        retries: 0,
      })},
      precision_json = ${json({ ...judged, claims: [], claimsMade: 0, claimsCut: 0 })},
      recall_json = ${json({
        ...judged,
        changes: [{ id: 'c1', surfaced: false, quote: null }],
        summaryCutCharacters: 0,
        copiedCharacters: 0,
      })},
      reply_json = ${json({ ...judged, replyAccuracy: 0, responseCutCharacters: 0 })}
    where id = ${first?.id}`);
  await pump();
  const { certificateId, status } = await run();
  expect(status).toBe('COMPLETED');
  const certificate = await getPublicCertificate(context, certificateId ?? '');
  expect(certificateSchema.parse(certificate).counts).toMatchObject({ judgeRetries: 0, scored: 3 });
});

test('a run that an older process accepts beside this version is carried out and shown', async () => {
  const { db, context, pump, run, runId } = await startedRun();
  await db
    .update(verificationRuns)
    .set({ config: sql`config_json - 'maxCostUsd' - 'agreement' - 'economy' - 'oracleQuery' - 'seedSource'` })
    .where(eq(verificationRuns.id, runId));
  await pump();
  expect(runSchema.parse(await run())).toMatchObject({ status: 'COMPLETED', maxCostUsd: null });
  const { certificateId } = await run();
  const { draw } = await getPublicCertificate(context, certificateId ?? '');
  expect(draw).toMatchObject({ seed: expect.any(String), seedSource: null });
});
