ALTER TABLE "judge_spend" DROP COLUMN "calls";
--> statement-breakpoint
ALTER TABLE "judge_spend" DROP COLUMN "input_tokens";
--> statement-breakpoint
ALTER TABLE "judge_spend" DROP COLUMN "cache_write_tokens";
--> statement-breakpoint
ALTER TABLE "judge_spend" DROP COLUMN "cache_read_tokens";
--> statement-breakpoint
ALTER TABLE "judge_spend" DROP COLUMN "output_tokens";
