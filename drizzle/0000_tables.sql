CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE TABLE "answer_keys" (
	"ground_truth_digest" text NOT NULL,
	"judge_provider" text NOT NULL,
	"judge_model" text NOT NULL,
	"judge_endpoint_digest" text DEFAULT '' NOT NULL,
	"prompt_digest" text NOT NULL,
	"outcome_json" jsonb NOT NULL,
	"key_of_replay" uuid NOT NULL,
	"baseline_json" jsonb,
	"baseline_of_replay" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "answer_keys_pkey" PRIMARY KEY("ground_truth_digest","judge_provider","judge_model","judge_endpoint_digest","prompt_digest"),
	CONSTRAINT "answer_keys_prompt_digest_check" CHECK ("answer_keys"."prompt_digest" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "answer_keys_baseline_check" CHECK (("answer_keys"."baseline_json" is null) = ("answer_keys"."baseline_of_replay" is null))
);
--> statement-breakpoint
CREATE TABLE "verification_audit_labels" (
	"audit_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"ground_truth_id" text NOT NULL,
	"claim_id" text NOT NULL,
	"supported" boolean NOT NULL,
	"inclusion_probability" double precision NOT NULL,
	"label" text,
	"labelled_at" timestamp with time zone,
	CONSTRAINT "verification_audit_labels_audit_id_position_pk" PRIMARY KEY("audit_id","position"),
	CONSTRAINT "verification_audit_labels_claim_key" UNIQUE("audit_id","ground_truth_id","claim_id"),
	CONSTRAINT "verification_audit_labels_position_check" CHECK ("verification_audit_labels"."position" between 1 and 40),
	CONSTRAINT "verification_audit_labels_inclusion_probability_check" CHECK ("verification_audit_labels"."inclusion_probability" > 0 and "verification_audit_labels"."inclusion_probability" <= 1),
	CONSTRAINT "verification_audit_labels_label_check" CHECK ("verification_audit_labels"."label" in ('true', 'false', 'cannot_tell')),
	CONSTRAINT "verification_audit_labels_labelled_check" CHECK (num_nulls("verification_audit_labels"."label", "verification_audit_labels"."labelled_at") in (0, 2))
);
--> statement-breakpoint
CREATE TABLE "verification_audits" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"certificate_id" uuid NOT NULL,
	"certificate_digest" text NOT NULL,
	"size" integer NOT NULL,
	"begun_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	"result_json" jsonb,
	CONSTRAINT "verification_audits_certificate_id_unique" UNIQUE("certificate_id"),
	CONSTRAINT "verification_audits_certificate_digest_check" CHECK ("verification_audits"."certificate_digest" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "verification_audits_size_check" CHECK ("verification_audits"."size" between 1 and 40),
	CONSTRAINT "verification_audits_finished_check" CHECK (("verification_audits"."finished_at" is null) = ("verification_audits"."result_json" is null)),
	CONSTRAINT "verification_audits_closed_check" CHECK (num_nonnulls("verification_audits"."finished_at", "verification_audits"."closed_at") <= 1)
);
--> statement-breakpoint
CREATE TABLE "budgets" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "call_slots" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"resource" text NOT NULL,
	"user_id" uuid NOT NULL,
	"taken_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"released_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "call_waits" (
	"resource" text NOT NULL,
	"user_id" uuid NOT NULL,
	"refused_at" timestamp with time zone NOT NULL,
	CONSTRAINT "call_waits_pkey" PRIMARY KEY("resource","user_id")
);
--> statement-breakpoint
CREATE TABLE "certificate_documents" (
	"certificate_id" uuid PRIMARY KEY NOT NULL,
	"document" text NOT NULL,
	"jws" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"opens_at" timestamp with time zone,
	"opened_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "certificate_evidence" (
	"certificate_id" uuid NOT NULL,
	"place" integer NOT NULL,
	"line" text NOT NULL,
	"leaf" "bytea" NOT NULL,
	"opening" text,
	CONSTRAINT "certificate_evidence_pkey" PRIMARY KEY("certificate_id","place"),
	CONSTRAINT "certificate_evidence_place_check" CHECK ("certificate_evidence"."place" >= 0),
	CONSTRAINT "certificate_evidence_leaf_check" CHECK (octet_length("certificate_evidence"."leaf") = 32)
);
--> statement-breakpoint
CREATE TABLE "evidence_sets" (
	"certificate_id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"run_id" uuid NOT NULL,
	"salt" text NOT NULL,
	CONSTRAINT "evidence_sets_run_id_unique" UNIQUE("run_id"),
	CONSTRAINT "evidence_sets_salt_check" CHECK ("evidence_sets"."salt" ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "certificate_disputes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"certificate_id" uuid NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"salt" text,
	"text" text,
	"text_removed_at" timestamp with time zone,
	CONSTRAINT "certificate_disputes_salt_check" CHECK ("certificate_disputes"."salt" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "certificate_disputes_text_check" CHECK (char_length("certificate_disputes"."text") between 1 and 500),
	CONSTRAINT "certificate_disputes_removed_check" CHECK (("certificate_disputes"."text" is null) = ("certificate_disputes"."salt" is null) and ("certificate_disputes"."text" is null) = ("certificate_disputes"."text_removed_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "certificate_revocations" (
	"certificate_id" uuid PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"revoked_at" timestamp with time zone NOT NULL,
	CONSTRAINT "certificate_revocations_reason_check" CHECK ("certificate_revocations"."reason" in ('issued_in_error', 'key_compromised', 'withdrawn_by_owner'))
);
--> statement-breakpoint
CREATE TABLE "certificate_counts" (
	"construct_id" text NOT NULL,
	"ground_truth_source" text NOT NULL,
	"certificates" bigint NOT NULL,
	CONSTRAINT "certificate_counts_construct_id_ground_truth_source_pk" PRIMARY KEY("construct_id","ground_truth_source")
);
--> statement-breakpoint
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
	"judge" text GENERATED ALWAYS AS ((raw_scores_json #>> '{judge,provider}')::text) STORED NOT NULL,
	"judge_model" text GENERATED ALWAYS AS ((raw_scores_json #>> '{judge,model}')::text) STORED NOT NULL,
	"judge_endpoint" text GENERATED ALWAYS AS (coalesce(raw_scores_json #>> '{judge,endpoint}', '')) STORED NOT NULL,
	"prompt_digest" text GENERATED ALWAYS AS ((raw_scores_json #>> '{judge,promptDigest}')::text) STORED NOT NULL,
	"private" boolean GENERATED ALWAYS AS ((raw_scores_json #>> '{private}')::boolean) STORED NOT NULL,
	"canaries_shown" integer GENERATED ALWAYS AS ((raw_scores_json #>> '{trust,canaries,true,shown}')::int + (raw_scores_json #>> '{trust,canaries,false,direction,shown}')::int + (raw_scores_json #>> '{trust,canaries,false,value,shown}')::int + (raw_scores_json #>> '{trust,canaries,false,name,shown}')::int + (raw_scores_json #>> '{trust,canaries,false,condition,shown}')::int + (raw_scores_json #>> '{trust,canaries,false,cause,shown}')::int + (raw_scores_json #>> '{trust,canaries,injected,shown}')::int) STORED NOT NULL,
	"sample" boolean GENERATED ALWAYS AS ((raw_scores_json #>> '{sample}')::boolean) STORED NOT NULL,
	"provisional" boolean GENERATED ALWAYS AS ((raw_scores_json #>> '{provisional}')::boolean) STORED NOT NULL,
	"composite_lower" double precision GENERATED ALWAYS AS ((raw_scores_json #>> '{intervals,compositeScore,lower}')::float8) STORED NOT NULL,
	"composite_upper" double precision GENERATED ALWAYS AS ((raw_scores_json #>> '{intervals,compositeScore,upper}')::float8) STORED NOT NULL,
	"weights" jsonb GENERATED ALWAYS AS (raw_scores_json -> 'weights') STORED NOT NULL,
	"composite_design_effect" double precision GENERATED ALWAYS AS ((raw_scores_json #>> '{designEffects,compositeScore}')::float8) STORED NOT NULL,
	"judge_reliable" boolean GENERATED ALWAYS AS ((raw_scores_json #>> '{trust,reliable}')::boolean) STORED NOT NULL,
	"canaries_leaked" boolean GENERATED ALWAYS AS ((raw_scores_json #>> '{trust,pool,canaries,injected,supported}')::int > 0) STORED NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "verification_certificates_run_id_unique" UNIQUE("run_id"),
	CONSTRAINT "verification_certificates_construct_id_check" CHECK (char_length("verification_certificates"."construct_id") between 1 and 255),
	CONSTRAINT "verification_certificates_replay_count_check" CHECK ("verification_certificates"."replay_count" >= 1),
	CONSTRAINT "verification_certificates_precision_check" CHECK ("verification_certificates"."precision" between 0 and 1),
	CONSTRAINT "verification_certificates_recall_check" CHECK ("verification_certificates"."recall" between 0 and 1),
	CONSTRAINT "verification_certificates_reply_accuracy_check" CHECK ("verification_certificates"."reply_accuracy" between 0 and 1),
	CONSTRAINT "verification_certificates_composite_score_check" CHECK ("verification_certificates"."composite_score" between 0 and 1),
	CONSTRAINT "verification_certificates_brier_check" CHECK ("verification_certificates"."brier" between 0 and 0.5),
	CONSTRAINT "verification_certificates_sample_size_check" CHECK ("verification_certificates"."sample_size" >= 1)
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
	"scored_at" timestamp with time zone NOT NULL,
	CONSTRAINT "verification_replay_scores_certificate_id_ground_truth_id_key" UNIQUE("certificate_id","ground_truth_id"),
	CONSTRAINT "verification_replay_scores_precision_check" CHECK ("verification_replay_scores"."precision" between 0 and 1),
	CONSTRAINT "verification_replay_scores_recall_check" CHECK ("verification_replay_scores"."recall" between 0 and 1),
	CONSTRAINT "verification_replay_scores_reply_accuracy_check" CHECK ("verification_replay_scores"."reply_accuracy" between 0 and 1),
	CONSTRAINT "verification_replay_scores_claims_total_check" CHECK ("verification_replay_scores"."claims_total" >= 1),
	CONSTRAINT "verification_replay_scores_claims_supported_check" CHECK ("verification_replay_scores"."claims_supported" >= 0),
	CONSTRAINT "verification_replay_scores_claims_check" CHECK ("verification_replay_scores"."claims_supported" <= "verification_replay_scores"."claims_total"),
	CONSTRAINT "verification_replay_scores_changes_total_check" CHECK ("verification_replay_scores"."changes_total" >= 1),
	CONSTRAINT "verification_replay_scores_changes_surfaced_check" CHECK ("verification_replay_scores"."changes_surfaced" >= 0),
	CONSTRAINT "verification_replay_scores_changes_check" CHECK ("verification_replay_scores"."changes_surfaced" <= "verification_replay_scores"."changes_total"),
	CONSTRAINT "verification_replay_scores_scoring_latency_ms_check" CHECK ("verification_replay_scores"."scoring_latency_ms" >= 0)
);
--> statement-breakpoint
CREATE TABLE "evidence_days" (
	"day" date NOT NULL,
	"user_id" uuid NOT NULL,
	"bytes" bigint NOT NULL,
	CONSTRAINT "evidence_days_user_id_day_pk" PRIMARY KEY("user_id","day"),
	CONSTRAINT "evidence_days_bytes_check" CHECK ("evidence_days"."bytes" >= 0)
);
--> statement-breakpoint
CREATE TABLE "ground_truth_records" (
	"digest" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"record_json" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ground_truth_records_digest_check" CHECK ("ground_truth_records"."digest" ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "ground_truth_snapshots" (
	"digest" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"source" text NOT NULL,
	"record_count" integer NOT NULL,
	"record_digests_json" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ground_truth_snapshots_digest_check" CHECK ("ground_truth_snapshots"."digest" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "ground_truth_snapshots_record_count_check" CHECK ("ground_truth_snapshots"."record_count" >= 1)
);
--> statement-breakpoint
CREATE TABLE "housekeeping" (
	"task" text PRIMARY KEY NOT NULL,
	"begun_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "inquiries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"address" text,
	"kind" text NOT NULL,
	"config_json" jsonb NOT NULL,
	"sealed" text NOT NULL,
	"answer_json" jsonb,
	"refusal_json" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inquiries_kind_check" CHECK ("inquiries"."kind" in ('trial', 'estimate')),
	CONSTRAINT "inquiries_ended_check" CHECK (num_nonnulls("inquiries"."answer_json", "inquiries"."refusal_json") < 2)
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
	"spend_id" uuid NOT NULL,
	"reply_json" jsonb,
	"submitted_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "judge_batch_items_replay_id_call_key" UNIQUE("replay_id","call"),
	CONSTRAINT "judge_batch_items_state_check" CHECK ("judge_batch_items"."state" in ('queued', 'submitting', 'submitted', 'done', 'single')),
	CONSTRAINT "judge_batch_items_request_check" CHECK (("judge_batch_items"."request_json" is not null) = ("judge_batch_items"."state" in ('queued', 'submitting', 'submitted'))),
	CONSTRAINT "judge_batch_items_reply_check" CHECK (("judge_batch_items"."reply_json" is not null) = ("judge_batch_items"."state" = 'done')),
	CONSTRAINT "judge_batch_items_submitted_at_check" CHECK ("judge_batch_items"."submitted_at" is not null or "judge_batch_items"."state" not in ('submitting', 'submitted')),
	CONSTRAINT "judge_batch_items_batch_id_check" CHECK ("judge_batch_items"."batch_id" is not null or "judge_batch_items"."state" <> 'submitted')
);
--> statement-breakpoint
CREATE TABLE "judge_exams" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"endpoint" text,
	"prompt_digest" text NOT NULL,
	"half" text NOT NULL,
	"asked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"result_json" jsonb,
	CONSTRAINT "judge_exams_provider_check" CHECK ("judge_exams"."provider" in ('offline', 'anthropic', 'chat')),
	CONSTRAINT "judge_exams_half_check" CHECK ("judge_exams"."half" in ('development', 'publication')),
	CONSTRAINT "judge_exams_prompt_digest_check" CHECK ("judge_exams"."prompt_digest" ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "judge_spend" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"run_id" uuid NOT NULL,
	"state" text NOT NULL,
	"cost_usd" double precision NOT NULL,
	"likely_usd" double precision NOT NULL,
	"most_usd" double precision NOT NULL,
	"is_known" boolean DEFAULT true NOT NULL,
	"calls" bigint,
	"estimated_calls" bigint,
	"input_tokens" bigint,
	"cache_write_tokens" bigint,
	"cache_read_tokens" bigint,
	"output_tokens" bigint,
	"leased_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "judge_spend_state_check" CHECK ("judge_spend"."state" in ('open', 'settled', 'cut')),
	CONSTRAINT "judge_spend_cost_usd_check" CHECK ("judge_spend"."cost_usd" >= 0 and "judge_spend"."cost_usd" < 'Infinity'),
	CONSTRAINT "judge_spend_likely_usd_check" CHECK ("judge_spend"."likely_usd" >= 0 and "judge_spend"."likely_usd" < 'Infinity'),
	CONSTRAINT "judge_spend_most_usd_check" CHECK ("judge_spend"."most_usd" >= 0 and "judge_spend"."most_usd" < 'Infinity'),
	CONSTRAINT "judge_spend_calls_check" CHECK ("judge_spend"."calls" >= 0),
	CONSTRAINT "judge_spend_estimated_calls_check" CHECK ("judge_spend"."estimated_calls" >= 0),
	CONSTRAINT "judge_spend_input_tokens_check" CHECK ("judge_spend"."input_tokens" >= 0),
	CONSTRAINT "judge_spend_cache_write_tokens_check" CHECK ("judge_spend"."cache_write_tokens" >= 0),
	CONSTRAINT "judge_spend_cache_read_tokens_check" CHECK ("judge_spend"."cache_read_tokens" >= 0),
	CONSTRAINT "judge_spend_output_tokens_check" CHECK ("judge_spend"."output_tokens" >= 0),
	CONSTRAINT "judge_spend_settled_check" CHECK (num_nulls("judge_spend"."calls", "judge_spend"."estimated_calls", "judge_spend"."input_tokens", "judge_spend"."cache_write_tokens", "judge_spend"."cache_read_tokens", "judge_spend"."output_tokens") = case when "judge_spend"."state" = 'settled' then 0 else 6 end),
	CONSTRAINT "judge_spend_leased_check" CHECK ("judge_spend"."leased_until" is null or "judge_spend"."state" = 'open')
);
--> statement-breakpoint
CREATE TABLE "log_checkpoints" (
	"size" bigint PRIMARY KEY NOT NULL,
	"note" text NOT NULL,
	"signed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "log_checkpoints_size_check" CHECK ("log_checkpoints"."size" >= 0)
);
--> statement-breakpoint
CREATE TABLE "log_cosignatures" (
	"size" bigint NOT NULL,
	"witness" text NOT NULL,
	"cosigned_at" timestamp with time zone NOT NULL,
	"line" text NOT NULL,
	CONSTRAINT "log_cosignatures_pkey" PRIMARY KEY("size","witness","cosigned_at")
);
--> statement-breakpoint
CREATE TABLE "log_entries" (
	"index" bigint PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject" uuid NOT NULL,
	"data" "bytea" NOT NULL,
	"added_at" timestamp with time zone NOT NULL,
	CONSTRAINT "log_entries_kind_subject_key" UNIQUE("kind","subject"),
	CONSTRAINT "log_entries_index_check" CHECK ("log_entries"."index" >= 0),
	CONSTRAINT "log_entries_kind_check" CHECK ("log_entries"."kind" in ('registration', 'outcome', 'certificate', 'audit', 'dispute', 'revocation', 'key', 'opening')),
	CONSTRAINT "log_entries_data_check" CHECK (octet_length("log_entries"."data") between 2 and 4096)
);
--> statement-breakpoint
CREATE TABLE "log_hashes" (
	"level" smallint NOT NULL,
	"index" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "log_hashes_pkey" PRIMARY KEY("level","index"),
	CONSTRAINT "log_hashes_level_check" CHECK ("log_hashes"."level" >= 0),
	CONSTRAINT "log_hashes_index_check" CHECK ("log_hashes"."index" >= 0),
	CONSTRAINT "log_hashes_hash_check" CHECK (octet_length("log_hashes"."hash") = 32)
);
--> statement-breakpoint
CREATE TABLE "log_head" (
	"id" integer PRIMARY KEY NOT NULL,
	"origin" text NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	CONSTRAINT "log_head_id_check" CHECK ("log_head"."id" = 1),
	CONSTRAINT "log_head_size_check" CHECK ("log_head"."size" >= 0),
	CONSTRAINT "log_head_root_check" CHECK (octet_length("log_head"."root") = 32)
);
--> statement-breakpoint
CREATE TABLE "log_keys" (
	"public_key" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"added_at" timestamp with time zone NOT NULL,
	"retired_at" timestamp with time zone,
	"compromised_at" timestamp with time zone,
	"retired_index" bigint,
	CONSTRAINT "log_keys_public_key_check" CHECK ("log_keys"."public_key" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "log_keys_purpose_check" CHECK ("log_keys"."purpose" in ('certificate', 'log')),
	CONSTRAINT "log_keys_retired_index_check" CHECK ("log_keys"."retired_index" >= 0),
	CONSTRAINT "log_keys_retired_check" CHECK ((coalesce("log_keys"."retired_at", "log_keys"."compromised_at") is null) = ("log_keys"."retired_index" is null))
);
--> statement-breakpoint
CREATE TABLE "log_registrations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid,
	"log_index" bigint NOT NULL,
	"salt" text NOT NULL,
	"opening" text NOT NULL,
	"target" text NOT NULL,
	"construct" text NOT NULL,
	"registered_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"outcome" text,
	"mean" double precision,
	"certificate_id" uuid,
	CONSTRAINT "log_registrations_log_index_unique" UNIQUE("log_index"),
	CONSTRAINT "log_registrations_salt_check" CHECK ("log_registrations"."salt" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "log_registrations_target_check" CHECK ("log_registrations"."target" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "log_registrations_construct_check" CHECK ("log_registrations"."construct" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "log_registrations_outcome_check" CHECK ("log_registrations"."outcome" in ('completed', 'failed', 'cancelled')),
	CONSTRAINT "log_registrations_mean_check" CHECK ("log_registrations"."mean" between 0 and 1),
	CONSTRAINT "log_registrations_closed_check" CHECK (("log_registrations"."closed_at" is null) = ("log_registrations"."outcome" is null))
);
--> statement-breakpoint
CREATE TABLE "verification_replays" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"run_id" uuid NOT NULL,
	"ground_truth_id" text NOT NULL,
	"position" integer NOT NULL,
	"turn" integer DEFAULT 0 NOT NULL,
	"state" text NOT NULL,
	"ground_truth_digest" text,
	"draft_key_json" jsonb,
	"answer_key_json" jsonb,
	"oracle_json" jsonb,
	"canaries_json" jsonb,
	"precision_json" jsonb,
	"recall_json" jsonb,
	"reply_json" jsonb,
	"baseline_json" jsonb,
	"second_json" jsonb,
	"oracle_carried" boolean DEFAULT false NOT NULL,
	"oracle_asks" integer DEFAULT 0 NOT NULL,
	"faults" integer DEFAULT 0 NOT NULL,
	"waiting_since" timestamp with time zone,
	"outcome" text,
	"reason" text,
	"ended_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "verification_replays_run_id_ground_truth_id_key" UNIQUE("run_id","ground_truth_id"),
	CONSTRAINT "verification_replays_ground_truth_id_check" CHECK (char_length("verification_replays"."ground_truth_id") between 1 and 200),
	CONSTRAINT "verification_replays_position_check" CHECK ("verification_replays"."position" >= 0),
	CONSTRAINT "verification_replays_turn_check" CHECK ("verification_replays"."turn" >= 0),
	CONSTRAINT "verification_replays_state_check" CHECK ("verification_replays"."state" in ('reserve', 'open', 'ended')),
	CONSTRAINT "verification_replays_oracle_asks_check" CHECK ("verification_replays"."oracle_asks" >= 0),
	CONSTRAINT "verification_replays_faults_check" CHECK ("verification_replays"."faults" >= 0),
	CONSTRAINT "verification_replays_outcome_check" CHECK ("verification_replays"."outcome" in ('scored', 'oracle_failure', 'unscored', 'replaced')),
	CONSTRAINT "verification_replays_ended_check" CHECK (num_nulls("verification_replays"."outcome", "verification_replays"."ended_at") = case "verification_replays"."state" when 'ended' then 0 else 2 end)
);
--> statement-breakpoint
CREATE TABLE "run_secrets" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"sealed" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "verification_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"construct_id" text NOT NULL,
	"repo_url" text NOT NULL,
	"status" text DEFAULT 'PENDING' NOT NULL,
	"progress" integer DEFAULT 0 NOT NULL,
	"total" integer DEFAULT 0 NOT NULL,
	"error" text,
	"activity" text,
	"certificate_id" uuid,
	"turn" integer DEFAULT 0 NOT NULL,
	"network" text,
	"stranger" text GENERATED ALWAYS AS (case when config_json ->> 'standing' = 'stranger' and config_json #>> '{source,kind}' <> 'sample' then coalesce(network, user_id::text) end) STORED,
	"stalled_since" timestamp with time zone,
	"faults" integer DEFAULT 0 NOT NULL,
	"config_json" jsonb NOT NULL,
	"draw_json" jsonb,
	"snapshot_digest" text,
	"judge_vain_in_row" integer DEFAULT 0 NOT NULL,
	"judge_has_served" boolean DEFAULT false NOT NULL,
	"agreement_vain_in_row" integer DEFAULT 0 NOT NULL,
	"agreement_has_served" boolean DEFAULT false NOT NULL,
	"prompt_digest" text,
	"continues_run_id" uuid,
	"continuation" text,
	"registration_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "verification_runs_construct_id_check" CHECK (char_length("verification_runs"."construct_id") between 1 and 255),
	CONSTRAINT "verification_runs_repo_url_check" CHECK (char_length("verification_runs"."repo_url") between 1 and 500),
	CONSTRAINT "verification_runs_status_check" CHECK ("verification_runs"."status" in ('PENDING', 'INGESTING', 'INVOKING', 'SCORING', 'CERTIFYING', 'COMPLETED', 'FAILED')),
	CONSTRAINT "verification_runs_progress_check" CHECK ("verification_runs"."progress" >= 0),
	CONSTRAINT "verification_runs_total_check" CHECK ("verification_runs"."progress" <= "verification_runs"."total"),
	CONSTRAINT "verification_runs_error_check" CHECK (char_length("verification_runs"."error") <= 2000),
	CONSTRAINT "verification_runs_activity_check" CHECK (char_length("verification_runs"."activity") <= 300),
	CONSTRAINT "verification_runs_turn_check" CHECK ("verification_runs"."turn" >= 0),
	CONSTRAINT "verification_runs_faults_check" CHECK ("verification_runs"."faults" >= 0),
	CONSTRAINT "verification_runs_judge_vain_in_row_check" CHECK ("verification_runs"."judge_vain_in_row" >= 0),
	CONSTRAINT "verification_runs_agreement_vain_in_row_check" CHECK ("verification_runs"."agreement_vain_in_row" >= 0),
	CONSTRAINT "verification_runs_prompt_digest_check" CHECK ("verification_runs"."prompt_digest" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "verification_runs_continuation_check" CHECK ("verification_runs"."continuation" in ('resume', 'retry')),
	CONSTRAINT "verification_runs_completed_check" CHECK (("verification_runs"."status" = 'COMPLETED') = ("verification_runs"."certificate_id" is not null)),
	CONSTRAINT "verification_runs_failed_check" CHECK ("verification_runs"."status" <> 'FAILED' or "verification_runs"."error" is not null),
	CONSTRAINT "verification_runs_continues_check" CHECK (("verification_runs"."continuation" is null) = ("verification_runs"."continues_run_id" is null))
);
--> statement-breakpoint
CREATE TABLE "turns" (
	"line" text PRIMARY KEY NOT NULL,
	"reached" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"token_hash" text NOT NULL,
	"scopes_json" jsonb NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "api_tokens_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "api_tokens_name_check" CHECK (char_length("api_tokens"."name") between 1 and 100),
	CONSTRAINT "api_tokens_scopes_json_check" CHECK (jsonb_typeof("api_tokens"."scopes_json") = 'array' and "api_tokens"."scopes_json" <@ '["runs:read","runs:write","runs:spend","certificates:write","account"]'::jsonb and "api_tokens"."scopes_json" <> '[]'::jsonb),
	CONSTRAINT "api_tokens_token_hash_check" CHECK ("api_tokens"."token_hash" ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"identity_id" uuid NOT NULL,
	"carrier" text NOT NULL,
	"secret_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "sessions_secret_hash_unique" UNIQUE("secret_hash"),
	CONSTRAINT "sessions_carrier_check" CHECK ("sessions"."carrier" in ('cookie', 'bearer')),
	CONSTRAINT "sessions_secret_hash_check" CHECK ("sessions"."secret_hash" ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "sign_in_links" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sign_in_links_token_hash_check" CHECK ("sign_in_links"."token_hash" ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "siwe_nonces" (
	"nonce" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_identities" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"subject" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "user_identities_provider_subject_key" UNIQUE("provider","subject"),
	CONSTRAINT "user_identities_provider_check" CHECK ("user_identities"."provider" in ('local', 'wallet', 'github'))
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"judges_json" jsonb NOT NULL,
	"seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "answer_keys" ADD CONSTRAINT "answer_keys_ground_truth_digest_fk" FOREIGN KEY ("ground_truth_digest") REFERENCES "public"."ground_truth_records"("digest") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_audit_labels" ADD CONSTRAINT "verification_audit_labels_audit_id_verification_audits_id_fk" FOREIGN KEY ("audit_id") REFERENCES "public"."verification_audits"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_audits" ADD CONSTRAINT "verification_audits_certificate_id_fk" FOREIGN KEY ("certificate_id") REFERENCES "public"."verification_certificates"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "certificate_documents" ADD CONSTRAINT "certificate_documents_certificate_id_verification_certificates_id_fk" FOREIGN KEY ("certificate_id") REFERENCES "public"."verification_certificates"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "certificate_evidence" ADD CONSTRAINT "certificate_evidence_certificate_id_evidence_sets_certificate_id_fk" FOREIGN KEY ("certificate_id") REFERENCES "public"."evidence_sets"("certificate_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "certificate_disputes" ADD CONSTRAINT "certificate_disputes_certificate_id_verification_certificates_id_fk" FOREIGN KEY ("certificate_id") REFERENCES "public"."verification_certificates"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "certificate_revocations" ADD CONSTRAINT "certificate_revocations_certificate_id_verification_certificates_id_fk" FOREIGN KEY ("certificate_id") REFERENCES "public"."verification_certificates"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_replay_scores" ADD CONSTRAINT "verification_replay_scores_certificate_id_fk" FOREIGN KEY ("certificate_id") REFERENCES "public"."verification_certificates"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evidence_days" ADD CONSTRAINT "evidence_days_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inquiries" ADD CONSTRAINT "inquiries_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "judge_batch_items" ADD CONSTRAINT "judge_batch_items_replay_id_fk" FOREIGN KEY ("replay_id") REFERENCES "public"."verification_replays"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "log_cosignatures" ADD CONSTRAINT "log_cosignatures_size_log_checkpoints_size_fk" FOREIGN KEY ("size") REFERENCES "public"."log_checkpoints"("size") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "log_registrations" ADD CONSTRAINT "log_registrations_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "log_registrations" ADD CONSTRAINT "log_registrations_log_index_log_entries_index_fk" FOREIGN KEY ("log_index") REFERENCES "public"."log_entries"("index") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "log_registrations" ADD CONSTRAINT "log_registrations_certificate_id_verification_certificates_id_fk" FOREIGN KEY ("certificate_id") REFERENCES "public"."verification_certificates"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_replays" ADD CONSTRAINT "verification_replays_run_id_verification_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."verification_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_replays" ADD CONSTRAINT "verification_replays_ground_truth_digest_fk" FOREIGN KEY ("ground_truth_digest") REFERENCES "public"."ground_truth_records"("digest") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_secrets" ADD CONSTRAINT "run_secrets_run_id_verification_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."verification_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD CONSTRAINT "verification_runs_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD CONSTRAINT "verification_runs_registration_id_log_registrations_id_fk" FOREIGN KEY ("registration_id") REFERENCES "public"."log_registrations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD CONSTRAINT "verification_runs_certificate_id_fk" FOREIGN KEY ("certificate_id") REFERENCES "public"."verification_certificates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD CONSTRAINT "verification_runs_snapshot_digest_fk" FOREIGN KEY ("snapshot_digest") REFERENCES "public"."ground_truth_snapshots"("digest") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verification_runs" ADD CONSTRAINT "verification_runs_continues_run_id_fk" FOREIGN KEY ("continues_run_id") REFERENCES "public"."verification_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_identity_id_user_identities_id_fk" FOREIGN KEY ("identity_id") REFERENCES "public"."user_identities"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_links" ADD CONSTRAINT "sign_in_links_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_identities" ADD CONSTRAINT "user_identities_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "budgets_expires_at_idx" ON "budgets" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "call_slots_resource_taken_at_idx" ON "call_slots" USING btree ("resource","taken_at");--> statement-breakpoint
CREATE INDEX "certificate_documents_sealed_idx" ON "certificate_documents" USING btree ("opens_at") WHERE opened_at is null and opens_at is not null;--> statement-breakpoint
CREATE INDEX "certificate_disputes_certificate_idx" ON "certificate_disputes" USING btree ("certificate_id","opened_at");--> statement-breakpoint
CREATE UNIQUE INDEX "certificate_disputes_open_key" ON "certificate_disputes" USING btree ("certificate_id") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "certificate_counts_names_idx" ON "certificate_counts" USING gin ("construct_id" gin_trgm_ops,"ground_truth_source" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "verification_certificates_newest_idx" ON "verification_certificates" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "verification_certificates_construct_newest_idx" ON "verification_certificates" USING btree ("construct_id","created_at","id");--> statement-breakpoint
CREATE INDEX "verification_certificates_lowest_brier_idx" ON "verification_certificates" USING btree ("brier","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "verification_certificates_construct_lowest_brier_idx" ON "verification_certificates" USING btree ("construct_id","brier","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "verification_certificates_repository_idx" ON "verification_certificates" USING btree (lower(ground_truth_source),"judge","created_at","id");--> statement-breakpoint
CREATE INDEX "verification_certificates_canaries_idx" ON "verification_certificates" USING btree ("judge","judge_model","judge_endpoint","prompt_digest","canaries_shown" DESC NULLS FIRST,"created_at","id") WHERE not private;--> statement-breakpoint
CREATE INDEX "verification_certificates_names_idx" ON "verification_certificates" USING gin ("construct_id" gin_trgm_ops,"ground_truth_source" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "ground_truth_records_private_created_at_idx" ON "ground_truth_records" USING btree ("created_at") WHERE scope <> 'public';--> statement-breakpoint
CREATE UNIQUE INDEX "inquiries_user_id_kind_key" ON "inquiries" USING btree ("user_id","kind");--> statement-breakpoint
CREATE INDEX "inquiries_created_at_idx" ON "inquiries" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "judge_batch_items_state_idx" ON "judge_batch_items" USING btree ("state");--> statement-breakpoint
CREATE INDEX "judge_batch_items_batch_id_idx" ON "judge_batch_items" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "judge_batch_items_spend_id_idx" ON "judge_batch_items" USING btree ("spend_id");--> statement-breakpoint
CREATE INDEX "judge_exams_judge_idx" ON "judge_exams" USING btree ("provider","model","endpoint","prompt_digest","half","asked_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "judge_exams_prompts_idx" ON "judge_exams" USING btree ("prompt_digest","half");--> statement-breakpoint
CREATE INDEX "judge_spend_created_at_idx" ON "judge_spend" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "judge_spend_run_id_idx" ON "judge_spend" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "judge_spend_open_idx" ON "judge_spend" USING btree ("leased_until") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "log_cosignatures_witness_idx" ON "log_cosignatures" USING btree ("witness","size","cosigned_at");--> statement-breakpoint
CREATE INDEX "log_registrations_user_id_idx" ON "log_registrations" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "log_registrations_open_idx" ON "log_registrations" USING btree ("registered_at") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "log_registrations_target_idx" ON "log_registrations" USING btree ("target","log_index");--> statement-breakpoint
CREATE INDEX "log_registrations_construct_idx" ON "log_registrations" USING btree ("construct","log_index");--> statement-breakpoint
CREATE INDEX "log_registrations_certificate_id_idx" ON "log_registrations" USING btree ("certificate_id");--> statement-breakpoint
CREATE INDEX "verification_replays_ground_truth_digest_idx" ON "verification_replays" USING btree ("ground_truth_digest");--> statement-breakpoint
CREATE INDEX "verification_replays_run_id_state_position_idx" ON "verification_replays" USING btree ("run_id","state","position");--> statement-breakpoint
CREATE UNIQUE INDEX "verification_runs_resumed_once_key" ON "verification_runs" USING btree ("continues_run_id") WHERE continuation = 'resume';--> statement-breakpoint
CREATE INDEX "verification_runs_status_idx" ON "verification_runs" USING btree ("status");--> statement-breakpoint
CREATE INDEX "verification_runs_pending_turn_idx" ON "verification_runs" USING btree ((stranger is not null),"turn","created_at","id") WHERE status = 'PENDING';--> statement-breakpoint
CREATE INDEX "verification_runs_newest_idx" ON "verification_runs" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "verification_runs_status_newest_idx" ON "verification_runs" USING btree ("user_id","status","created_at","id");--> statement-breakpoint
CREATE INDEX "verification_runs_construct_newest_idx" ON "verification_runs" USING btree ("user_id","construct_id","created_at","id");--> statement-breakpoint
CREATE INDEX "verification_runs_construct_status_newest_idx" ON "verification_runs" USING btree ("user_id","construct_id","status","created_at","id");--> statement-breakpoint
CREATE INDEX "verification_runs_construct_id_idx" ON "verification_runs" USING btree ("construct_id");--> statement-breakpoint
CREATE INDEX "verification_runs_certificate_id_idx" ON "verification_runs" USING btree ("certificate_id");--> statement-breakpoint
CREATE INDEX "verification_runs_snapshot_digest_idx" ON "verification_runs" USING btree ("snapshot_digest");--> statement-breakpoint
CREATE INDEX "verification_runs_continues_run_id_idx" ON "verification_runs" USING btree ("continues_run_id");--> statement-breakpoint
CREATE INDEX "verification_runs_registration_id_idx" ON "verification_runs" USING btree ("registration_id");--> statement-breakpoint
CREATE INDEX "api_tokens_user_id_idx" ON "api_tokens" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_user_id_idx" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_identity_id_idx" ON "sessions" USING btree ("identity_id");--> statement-breakpoint
CREATE INDEX "sign_in_links_user_id_idx" ON "sign_in_links" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "user_identities_user_id_idx" ON "user_identities" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "workers_seen_at_idx" ON "workers" USING btree ("seen_at");