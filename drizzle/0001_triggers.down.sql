DROP TRIGGER "certificate_revocations_kept" ON "certificate_revocations";
--> statement-breakpoint
DROP TRIGGER "certificate_evidence_kept" ON "certificate_evidence";
--> statement-breakpoint
DROP TRIGGER "certificate_documents_kept" ON "certificate_documents";
--> statement-breakpoint
DROP TRIGGER "log_keys_retired" ON "log_keys";
--> statement-breakpoint
DROP TRIGGER "log_head_grows" ON "log_head";
--> statement-breakpoint
DROP TRIGGER "log_keys_kept" ON "log_keys";
--> statement-breakpoint
DROP TRIGGER "log_head_kept" ON "log_head";
--> statement-breakpoint
DROP TRIGGER "log_cosignatures_kept" ON "log_cosignatures";
--> statement-breakpoint
DROP TRIGGER "log_checkpoints_kept" ON "log_checkpoints";
--> statement-breakpoint
DROP TRIGGER "log_hashes_kept" ON "log_hashes";
--> statement-breakpoint
DROP TRIGGER "log_entries_kept" ON "log_entries";
--> statement-breakpoint
DROP FUNCTION refuse_change();
--> statement-breakpoint
DROP TRIGGER "verification_certificates_deleted" ON "verification_certificates";
--> statement-breakpoint
DROP TRIGGER "verification_certificates_inserted" ON "verification_certificates";
--> statement-breakpoint
DROP FUNCTION count_certificates();
--> statement-breakpoint
DROP TRIGGER "verification_runs_changed" ON "verification_runs";
--> statement-breakpoint
DROP FUNCTION notify_run_change();
