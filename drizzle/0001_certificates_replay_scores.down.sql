DROP TABLE "verification_certificates" CASCADE;
--> statement-breakpoint
DROP TABLE "verification_replay_scores" CASCADE;
