DROP TABLE "run_secrets" CASCADE;
--> statement-breakpoint
DROP TABLE "verification_runs" CASCADE;
