DROP TRIGGER "verification_certificates_deleted" ON "verification_certificates";
--> statement-breakpoint
DROP TRIGGER "verification_certificates_inserted" ON "verification_certificates";
--> statement-breakpoint
DROP FUNCTION count_certificates();
--> statement-breakpoint
DROP TRIGGER "verification_runs_changed" ON "verification_runs";
--> statement-breakpoint
DROP FUNCTION notify_run_change();
