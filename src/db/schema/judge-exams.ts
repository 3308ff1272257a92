import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { examHalves, examResultSchema } from '#contracts/exam.ts';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { isDigest, isListed } from './checks.ts';
import { instant, jsonbOf } from './columns.ts';

/**
 * Askings of the exam. A row is made before the first call, so that an asking that was broken off counts too: its
 * verdicts may have been seen.
 */
export const judgeExams = pgTable(
  'judge_exams',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    provider: text('provider', { enum: judgeProviders }).notNull(),
    model: text('model').notNull(),
    /** The origin of an endpoint that the operator chose. Null: the provider's own, or no model. */
    endpoint: text('endpoint'),
    promptDigest: text('prompt_digest').notNull(),
    half: text('half', { enum: examHalves }).notNull(),
    askedAt: instant('asked_at').notNull().defaultNow(),
    /** Null while the judge is asked, and if the asking was broken off. */
    result: jsonbOf('result_json', examResultSchema),
  },
  (table) => [
    index('judge_exams_judge_idx').on(
      table.provider,
      table.model,
      table.endpoint,
      table.promptDigest,
      table.half,
      table.askedAt.desc().nullsFirst(),
    ),
    index('judge_exams_prompts_idx').on(table.promptDigest, table.half),
    isListed(table.provider, judgeProviders),
    isListed(table.half, examHalves),
    isDigest(table.promptDigest),
  ],
);
