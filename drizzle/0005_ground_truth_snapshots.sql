CREATE TABLE "ground_truth_records" (
	"digest" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"record_json" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ground_truth_snapshots" (
	"digest" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"source" text NOT NULL,
	"record_count" integer NOT NULL,
	"record_digests_json" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "verification_replays" ADD COLUMN "ground_truth_digest" text;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD COLUMN "snapshot_digest" text;--> statement-breakpoint
CREATE INDEX "ground_truth_records_private_created_at_idx" ON "ground_truth_records" USING btree ("created_at") WHERE scope <> 'public';--> statement-breakpoint
ALTER TABLE "verification_replays" ADD CONSTRAINT "verification_replays_ground_truth_digest_fk" FOREIGN KEY ("ground_truth_digest") REFERENCES "public"."ground_truth_records"("digest") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD CONSTRAINT "verification_runs_snapshot_digest_fk" FOREIGN KEY ("snapshot_digest") REFERENCES "public"."ground_truth_snapshots"("digest") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "verification_replays_ground_truth_digest_idx" ON "verification_replays" USING btree ("ground_truth_digest");