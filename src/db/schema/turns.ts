import { integer, pgTable, text } from 'drizzle-orm/pg-core';

/** How far each line of waiting work has got: the highest turn that was taken. */
export const turns = pgTable('turns', {
  line: text('line', { enum: ['ingest-run', 'score-replay'] }).primaryKey(),
  reached: integer('reached').notNull(),
});
