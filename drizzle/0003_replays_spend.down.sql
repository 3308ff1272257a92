DROP TABLE "judge_spend" CASCADE;
--> statement-breakpoint
DROP TABLE "verification_replays" CASCADE;
