CREATE TABLE "call_slots" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"resource" text NOT NULL,
	"taken_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"released_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "judge_batch_items" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"replay_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"call" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"request_json" jsonb,
	"batch_id" text,
	"spend_id" uuid,
	"reply_json" jsonb,
	"submitted_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "judge_batch_items_replay_id_call_key" UNIQUE("replay_id","call")
);
--> statement-breakpoint
CREATE TABLE "answer_keys" (
	"ground_truth_digest" text NOT NULL,
	"judge_model" text NOT NULL,
	"prompt_digest" text NOT NULL,
	"outcome_json" jsonb NOT NULL,
	"parrot_json" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "answer_keys_pkey" PRIMARY KEY("ground_truth_digest","judge_model","prompt_digest")
);
--> statement-breakpoint
ALTER TABLE "judge_spend" ADD COLUMN "settled" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "verification_replays" ADD COLUMN "baseline_json" jsonb;--> statement-breakpoint
ALTER TABLE "verification_replays" ADD COLUMN "second_json" jsonb;--> statement-breakpoint
ALTER TABLE "verification_replays" ADD COLUMN "faults" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "verification_replays" ADD COLUMN "waiting_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD COLUMN "faults" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD COLUMN "continues_run_id" uuid;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD COLUMN "continuation" text;--> statement-breakpoint
ALTER TABLE "judge_batch_items" ADD CONSTRAINT "judge_batch_items_replay_id_fk" FOREIGN KEY ("replay_id") REFERENCES "public"."verification_replays"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "answer_keys" ADD CONSTRAINT "answer_keys_ground_truth_digest_fk" FOREIGN KEY ("ground_truth_digest") REFERENCES "public"."ground_truth_records"("digest") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "call_slots_resource_taken_at_idx" ON "call_slots" USING btree ("resource","taken_at");--> statement-breakpoint
CREATE INDEX "judge_batch_items_state_idx" ON "judge_batch_items" USING btree ("state");--> statement-breakpoint
CREATE INDEX "judge_batch_items_batch_id_idx" ON "judge_batch_items" USING btree ("batch_id");--> statement-breakpoint
ALTER TABLE "verification_runs" ADD CONSTRAINT "verification_runs_continues_run_id_fk" FOREIGN KEY ("continues_run_id") REFERENCES "public"."verification_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "judge_spend_run_id_idx" ON "judge_spend" USING btree ("run_id");--> statement-breakpoint
CREATE UNIQUE INDEX "verification_runs_resumed_once_key" ON "verification_runs" USING btree ("continues_run_id") WHERE continuation = 'resume';--> statement-breakpoint
UPDATE "verification_runs" SET "config_json" = '{"agreement": null, "maxCostUsd": null, "economy": false, "oracleQuery": null}'::jsonb || "config_json";
