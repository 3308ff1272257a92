import { sql } from 'drizzle-orm';
import { foreignKey, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import { baselineVerdictsSchema, sharedAnswerKeySchema } from '#contracts/replay.ts';
import { holds, isDigest } from './checks.ts';
import { instant, jsonbOf } from './columns.ts';
import { groundTruthRecords } from './ground-truths.ts';

/**
 * What runs on the same change share under the same judge (provider, model and endpoint) and prompts: the answer key, and the
 * verdicts on the baseline by that key. Keys are shown to nobody, not even to the run's owner, and are retired 90 days after they were
 * made.
 */
export const answerKeys = pgTable(
  'answer_keys',
  {
    groundTruthDigest: text('ground_truth_digest').notNull(),
    /** No list of them is held here, so that another provider takes no migration. */
    judgeProvider: text('judge_provider').$type<JudgeProvider>().notNull(),
    judgeModel: text('judge_model').notNull(),
    /** Of an endpoint that the operator chose (see `Judge`). Empty: the provider's own. */
    judgeEndpointDigest: text('judge_endpoint_digest').notNull().default(''),
    promptDigest: text('prompt_digest').notNull(),
    outcome: jsonbOf('outcome_json', sharedAnswerKeySchema).notNull(),
    /** The replay that had it made: one that was cut off before its checkpoint held the key takes up its own. */
    keyOfReplay: uuid('key_of_replay').notNull(),
    baseline: jsonbOf('baseline_json', baselineVerdictsSchema),
    /** The replay that had the baseline judged. */
    baselineOfReplay: uuid('baseline_of_replay'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({
      name: 'answer_keys_pkey',
      columns: [
        table.groundTruthDigest,
        table.judgeProvider,
        table.judgeModel,
        table.judgeEndpointDigest,
        table.promptDigest,
      ],
    }),
    foreignKey({
      name: 'answer_keys_ground_truth_digest_fk',
      columns: [table.groundTruthDigest],
      foreignColumns: [groundTruthRecords.digest],
    }).onDelete('cascade'),
    isDigest(table.promptDigest),
    holds('answer_keys_baseline', sql`(${table.baseline} is null) = (${table.baselineOfReplay} is null)`),
  ],
);
