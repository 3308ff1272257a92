CREATE TABLE "verification_certificates" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"run_id" uuid NOT NULL,
	"construct_id" text NOT NULL,
	"domain" text NOT NULL,
	"replay_count" integer NOT NULL,
	"precision" double precision NOT NULL,
	"recall" double precision NOT NULL,
	"reply_accuracy" double precision NOT NULL,
	"composite_score" double precision NOT NULL,
	"brier" double precision NOT NULL,
	"sample_size" integer NOT NULL,
	"ground_truth_source" text NOT NULL,
	"commit_range" text,
	"methodology_version" text NOT NULL,
	"scoring_model" text NOT NULL,
	"raw_scores_json" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "verification_certificates_run_id_unique" UNIQUE("run_id")
);
--> statement-breakpoint
CREATE TABLE "verification_replay_scores" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"certificate_id" uuid NOT NULL,
	"ground_truth_id" text NOT NULL,
	"precision" double precision NOT NULL,
	"recall" double precision NOT NULL,
	"reply_accuracy" double precision NOT NULL,
	"claims_total" integer NOT NULL,
	"claims_supported" integer NOT NULL,
	"changes_total" integer NOT NULL,
	"changes_surfaced" integer NOT NULL,
	"scoring_model" text NOT NULL,
	"scoring_latency_ms" integer NOT NULL,
	"scored_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "verification_replay_scores" ADD CONSTRAINT "verification_replay_scores_certificate_id_fk" FOREIGN KEY ("certificate_id") REFERENCES "public"."verification_certificates"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "verification_certificates_construct_id_created_at_idx" ON "verification_certificates" USING btree ("construct_id","created_at");--> statement-breakpoint
CREATE INDEX "verification_certificates_brier_idx" ON "verification_certificates" USING btree ("brier");--> statement-breakpoint
CREATE INDEX "verification_replay_scores_certificate_id_idx" ON "verification_replay_scores" USING btree ("certificate_id");