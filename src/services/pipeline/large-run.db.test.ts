import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { logRegistrations } from '#db/schema/log.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { judgedCheckpoint } from '#testing/builders/replay-checkpoint.ts';
import { type OwnersRig, ownersRig } from '#testing/rigs/owners-rig.ts';
import { judgedAnswer } from '#verification/text/judged-answer.ts';
import { beginAudit } from '../audit/begin.ts';
import { registerRun } from '../log/register.ts';
import { certifyRun } from './certify.ts';
import { closeAttempts, resumableMs } from './close-attempts.ts';

const replays = 1_000;

/** Text that neither Postgres nor its protocol makes smaller: three bytes for each character. */
const dense = (length: number, seed: number) =>
  Array.from({ length }, (_, at) =>
    String.fromCodePoint(0x4e00 + ((at * 7_919 + seed * 104_729 + ((at * at) % 8_191)) % 20_000)),
  ).join('');

/** The largest that is stored of any answer. */
const largest = judgedAnswer({
  summary: dense(100_000, 1),
  keyClaims: Array.from({ length: 60 }, (_, n) => ({ claim: dense(2_000, n), confidence: 0.5 })),
  followUpResponse: dense(100_000, 2),
});

/** A run whose replays have all ended, each with the largest answer. */
const largeRun = async ({ context, db, start, complete, replaysOf }: OwnersRig): Promise<string> => {
  const { runId: small } = await complete({ limit: 1, minReplays: 1 });
  const [like] = await replaysOf(small);
  const [{ draw = null } = {}] = await db
    .select({ draw: verificationRuns.draw })
    .from(verificationRuns)
    .where(eq(verificationRuns.id, small));
  const runId = await start({ limit: replays });
  await db
    .update(verificationRuns)
    .set({ draw, status: 'CERTIFYING', progress: replays, total: replays })
    .where(eq(verificationRuns.id, runId));
  const { answerKey, oracle, precision, recall, reply } = judgedCheckpoint({
    claims: Array.from({ length: 50 }, (_, n) => n % 2 === 0),
    changes: Array.from({ length: 10 }, (_, n) => n % 3 === 0),
    replyAccuracy: 0.5,
  });
  const counted =
    precision?.kind === 'judged'
      ? { ...precision, claimsMade: 60, claimsCut: largest.cut.claims }
      : precision;
  const json = (value: unknown) => sql`${JSON.stringify(value)}::jsonb`;
  await db.execute(sql`
    insert into ${verificationReplays} (run_id, ground_truth_id, position, state, ground_truth_digest,
      answer_key_json, oracle_json, precision_json, recall_json, reply_json, outcome, ended_at)
    select ${runId}, n::text, n, 'ended', ${like?.groundTruthDigest ?? ''},
      ${json(answerKey)}, ${json({ ...oracle, answer: largest })}, ${json(counted)}, ${json(recall)}, ${json(reply)},
      'scored', now()
    from generate_series(0, ${replays - 1}) n`);
  await registerRun(context, runId, null);
  return runId;
};

test('a run of a thousand replays with the largest answers is certified, and its audit begun', async () => {
  const at = await ownersRig();
  const { context, owner, run, certificateOf } = at;
  const runId = await largeRun(at);

  await certifyRun(context, { runId });
  expect(await run(runId)).toMatchObject({ status: 'COMPLETED', error: null });
  const certificate = await certificateOf(runId);
  expect(certificate).toMatchObject({
    replayCount: replays,
    funnel: { made: 60 * replays, cut: 10 * replays, ruled: 50 * replays, supported: 25 * replays },
  });

  const begun = await Promise.all(Array.from({ length: 20 }, () => beginAudit(context, owner, runId)));
  expect(new Set(begun.map(({ begunAt }) => begunAt)).size).toBe(1);
  expect(begun[0]).toMatchObject({ certificateId: certificate.id, size: 40, labelled: 0 });
});

test('when such a run was cancelled, its outcome is logged with its numbers', async () => {
  const at = await ownersRig();
  const { context, db, fail } = at;
  const runId = await largeRun(at);
  await fail(runId);
  // A run can be resumed for seven days.
  await db
    .update(verificationRuns)
    .set({ updatedAt: new Date(context.now().getTime() - 2 * resumableMs) })
    .where(eq(verificationRuns.id, runId));
  await closeAttempts(context);
  const [attempt] = await db
    .select({ outcome: logRegistrations.outcome, mean: logRegistrations.mean })
    .from(logRegistrations)
    .innerJoin(verificationRuns, eq(verificationRuns.registrationId, logRegistrations.id))
    .where(eq(verificationRuns.id, runId));
  // By hand: 25 of 50 claims, 4 of 10 changes, and half of the reply: (0.5 + 0.4 + 0.5)/3.
  expect(attempt).toEqual({ outcome: 'cancelled', mean: 0.466667 });
});

test('such a run is resumed with all that is stored', async () => {
  const at = await ownersRig();
  const { fail, continueAs, replaysOf } = at;
  const runId = await largeRun(at);
  await fail(runId);
  const { runId: resumed } = await continueAs('resume', runId);
  const carried = await replaysOf(resumed);
  expect(carried).toHaveLength(replays);
  expect(carried.every(({ state, oracleCarried }) => state === 'ended' && oracleCarried)).toBe(true);
});
