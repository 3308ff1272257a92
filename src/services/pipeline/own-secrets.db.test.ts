import { expect, test } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { answerKeys } from '#db/schema/answer-keys.ts';
import { groundTruthRecords } from '#db/schema/ground-truths.ts';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';

/**
 * What an owner gives as a secret is hidden in their oracle's answers. It must change nothing else: otherwise an
 * owner could choose words to blank in the ground truth, in the key and in verdicts.
 */

const started = async (oracleHeaders: Record<string, string>) => {
  const asked: OracleRequest[] = [];
  const rig = await testRig({
    oracle: async (request) => {
      asked.push(request);
      return undefined;
    },
  });
  const certified = async (headers: Record<string, string>) => {
    const owner = await rig.user();
    const { runId } = await createRun(
      rig.context,
      owner,
      runRequest({ limit: 1, minReplays: 1, oracleHeaders: headers }),
    );
    await rig.pump();
    const { certificateId } = await getRun(rig.context, owner, runId);
    return getPublicCertificate(rig.context, certificateId ?? '');
  };
  return { ...rig, asked, certified, own: await certified(oracleHeaders) };
};

test('an owner’s header values blank nothing in the ground truth, for the judge or for later runs', async () => {
  const { title, description, diff } = changeNumber(1);
  const { db, asked } = await started({
    'x-line': 'export const backoffSeconds1 = 15;',
    'x-title': title,
    'x-description': description,
  });
  const [stored] = await db.select().from(groundTruthRecords);
  expect(stored?.record).toMatchObject({ title, description, diff });
  expect(asked[0]?.pr).toMatchObject({ title, description, diff_content: diff });
});

test('an owner’s header values change no key and no verdict that other runs share', async () => {
  const words = {
    'x-no': 'not_supported',
    'x-yes': 'supported',
    'x-unseen': 'not_surfaced',
    'x-question': 'How many retries',
    'x-statement': 'Retries are limited',
  };
  const poisoning = await started(words);
  const innocent = await started({});
  const keyOf = async ({ db }: typeof innocent) => {
    const [row] = await db.select().from(answerKeys);
    return { outcome: row?.outcome, baseline: row?.baseline };
  };
  expect(await keyOf(poisoning)).toEqual(await keyOf(innocent));
  expect((await poisoning.certified({})).trust.baseline).toEqual(
    (await innocent.certified({})).trust.baseline,
  );
  expect(poisoning.own.counts).toEqual(innocent.own.counts);
  expect(poisoning.asked[1]?.follow_up_question).toBe(innocent.asked[1]?.follow_up_question);
});

test('an owner’s header values change no model name on the certificate', async () => {
  const { own } = await started({ 'x-model': 'offline-1' });
  expect(own.scoringModel).toBe('offline-1');
});
