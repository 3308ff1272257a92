ALTER TABLE "call_slots" DISABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "judge_batch_items" DISABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "answer_keys" DISABLE ROW LEVEL SECURITY;
--> statement-breakpoint
DROP TABLE "call_slots" CASCADE;
--> statement-breakpoint
DROP TABLE "judge_batch_items" CASCADE;
--> statement-breakpoint
DROP TABLE "answer_keys" CASCADE;
--> statement-breakpoint
ALTER TABLE "verification_runs" DROP CONSTRAINT "verification_runs_continues_run_id_fk";

--> statement-breakpoint
DROP INDEX "judge_spend_run_id_idx";
--> statement-breakpoint
DROP INDEX "verification_runs_resumed_once_key";
--> statement-breakpoint
ALTER TABLE "judge_spend" DROP COLUMN "settled";
--> statement-breakpoint
ALTER TABLE "verification_replays" DROP COLUMN "baseline_json";
--> statement-breakpoint
ALTER TABLE "verification_replays" DROP COLUMN "second_json";
--> statement-breakpoint
ALTER TABLE "verification_replays" DROP COLUMN "faults";
--> statement-breakpoint
ALTER TABLE "verification_replays" DROP COLUMN "waiting_since";
--> statement-breakpoint
ALTER TABLE "verification_runs" DROP COLUMN "faults";
--> statement-breakpoint
ALTER TABLE "verification_runs" DROP COLUMN "continues_run_id";
--> statement-breakpoint
ALTER TABLE "verification_runs" DROP COLUMN "continuation";
