CREATE TABLE "judge_spend" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"run_id" uuid NOT NULL,
	"cost_usd" double precision NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "verification_replays" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"run_id" uuid NOT NULL,
	"ground_truth_id" text NOT NULL,
	"position" integer NOT NULL,
	"state" text NOT NULL,
	"ground_truth_json" jsonb NOT NULL,
	"answer_key_json" jsonb,
	"oracle_json" jsonb,
	"precision_json" jsonb,
	"recall_json" jsonb,
	"reply_json" jsonb,
	"outcome" text,
	"reason" text,
	"ended_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "verification_replays_run_id_ground_truth_id_key" UNIQUE("run_id","ground_truth_id")
);
--> statement-breakpoint
ALTER TABLE "verification_replays" ADD CONSTRAINT "verification_replays_run_id_verification_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."verification_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "judge_spend_created_at_idx" ON "judge_spend" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "verification_replays_run_id_state_position_idx" ON "verification_replays" USING btree ("run_id","state","position");