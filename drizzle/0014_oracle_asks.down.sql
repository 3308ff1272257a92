ALTER TABLE "verification_replays" DROP COLUMN "oracle_asks";

--> statement-breakpoint
-- An older version takes what it finds of these for whole.
UPDATE "verification_replays" SET "baseline_json" = NULL WHERE NOT "baseline_json" ?& array['precision', 'recall'];
--> statement-breakpoint
UPDATE "verification_replays" SET "second_json" = NULL WHERE NOT "second_json" ?& array['precision', 'recall', 'reply'];
