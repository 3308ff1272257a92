DROP INDEX "verification_replays_ground_truth_digest_idx";
--> statement-breakpoint
ALTER TABLE "verification_replays" DROP CONSTRAINT "verification_replays_ground_truth_digest_fk";
--> statement-breakpoint
ALTER TABLE "verification_runs" DROP CONSTRAINT "verification_runs_snapshot_digest_fk";
--> statement-breakpoint
ALTER TABLE "verification_replays" DROP COLUMN "ground_truth_digest";
--> statement-breakpoint
ALTER TABLE "verification_runs" DROP COLUMN "snapshot_digest";
--> statement-breakpoint
DROP TABLE "ground_truth_snapshots";
--> statement-breakpoint
DROP TABLE "ground_truth_records";
