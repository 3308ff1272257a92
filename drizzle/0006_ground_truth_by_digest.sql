-- What runs read before records were shared: its digest is over the stored text, and it is kept as private.
INSERT INTO "ground_truth_records" ("digest", "scope", "record_json", "created_at")
SELECT encode(sha256(convert_to("ground_truth_json"::text, 'UTF8')), 'hex'), 'private:earlier', "ground_truth_json", max("created_at")
FROM "verification_replays" GROUP BY "ground_truth_json";
--> statement-breakpoint
UPDATE "verification_replays" SET "ground_truth_digest" = encode(sha256(convert_to("ground_truth_json"::text, 'UTF8')), 'hex');
--> statement-breakpoint
ALTER TABLE "verification_replays" DROP COLUMN "ground_truth_json";
