ALTER TABLE "judge_spend" ADD COLUMN "calls" bigint;--> statement-breakpoint
ALTER TABLE "judge_spend" ADD COLUMN "input_tokens" bigint;--> statement-breakpoint
ALTER TABLE "judge_spend" ADD COLUMN "cache_write_tokens" bigint;--> statement-breakpoint
ALTER TABLE "judge_spend" ADD COLUMN "cache_read_tokens" bigint;--> statement-breakpoint
ALTER TABLE "judge_spend" ADD COLUMN "output_tokens" bigint;