ALTER TABLE "verification_replays" ADD COLUMN "ground_truth_json" jsonb;
--> statement-breakpoint
UPDATE "verification_replays" SET "ground_truth_json" = "record_json" FROM "ground_truth_records" WHERE "digest" = "ground_truth_digest";
--> statement-breakpoint
-- An erased record leaves an ended replay, whose scores stay, with nothing to show.
UPDATE "verification_replays" SET "ground_truth_json" = 'null' WHERE "ground_truth_json" IS NULL;
--> statement-breakpoint
UPDATE "verification_replays" SET "ground_truth_digest" = NULL;
--> statement-breakpoint
DELETE FROM "ground_truth_records" WHERE "scope" = 'private:earlier';
--> statement-breakpoint
ALTER TABLE "verification_replays" ALTER COLUMN "ground_truth_json" SET NOT NULL;
