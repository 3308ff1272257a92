DROP TABLE "answer_keys" CASCADE;
--> statement-breakpoint
DROP TABLE "verification_audit_labels" CASCADE;
--> statement-breakpoint
DROP TABLE "verification_audits" CASCADE;
--> statement-breakpoint
DROP TABLE "budgets" CASCADE;
--> statement-breakpoint
DROP TABLE "call_slots" CASCADE;
--> statement-breakpoint
DROP TABLE "call_waits" CASCADE;
--> statement-breakpoint
DROP TABLE "certificate_documents" CASCADE;
--> statement-breakpoint
DROP TABLE "certificate_evidence" CASCADE;
--> statement-breakpoint
DROP TABLE "evidence_sets" CASCADE;
--> statement-breakpoint
DROP TABLE "certificate_disputes" CASCADE;
--> statement-breakpoint
DROP TABLE "certificate_revocations" CASCADE;
--> statement-breakpoint
DROP TABLE "certificate_counts" CASCADE;
--> statement-breakpoint
DROP TABLE "verification_certificates" CASCADE;
--> statement-breakpoint
DROP TABLE "verification_replay_scores" CASCADE;
--> statement-breakpoint
DROP TABLE "evidence_days" CASCADE;
--> statement-breakpoint
DROP TABLE "ground_truth_records" CASCADE;
--> statement-breakpoint
DROP TABLE "ground_truth_snapshots" CASCADE;
--> statement-breakpoint
DROP TABLE "housekeeping" CASCADE;
--> statement-breakpoint
DROP TABLE "inquiries" CASCADE;
--> statement-breakpoint
DROP TABLE "judge_batch_items" CASCADE;
--> statement-breakpoint
DROP TABLE "judge_exams" CASCADE;
--> statement-breakpoint
DROP TABLE "judge_spend" CASCADE;
--> statement-breakpoint
DROP TABLE "log_checkpoints" CASCADE;
--> statement-breakpoint
DROP TABLE "log_cosignatures" CASCADE;
--> statement-breakpoint
DROP TABLE "log_entries" CASCADE;
--> statement-breakpoint
DROP TABLE "log_hashes" CASCADE;
--> statement-breakpoint
DROP TABLE "log_head" CASCADE;
--> statement-breakpoint
DROP TABLE "log_keys" CASCADE;
--> statement-breakpoint
DROP TABLE "log_registrations" CASCADE;
--> statement-breakpoint
DROP TABLE "verification_replays" CASCADE;
--> statement-breakpoint
DROP TABLE "run_secrets" CASCADE;
--> statement-breakpoint
DROP TABLE "verification_runs" CASCADE;
--> statement-breakpoint
DROP TABLE "turns" CASCADE;
--> statement-breakpoint
DROP TABLE "api_tokens" CASCADE;
--> statement-breakpoint
DROP TABLE "sessions" CASCADE;
--> statement-breakpoint
DROP TABLE "sign_in_links" CASCADE;
--> statement-breakpoint
DROP TABLE "siwe_nonces" CASCADE;
--> statement-breakpoint
DROP TABLE "user_identities" CASCADE;
--> statement-breakpoint
DROP TABLE "users" CASCADE;
--> statement-breakpoint
DROP TABLE "workers" CASCADE;
