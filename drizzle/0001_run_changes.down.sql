DROP TRIGGER "verification_runs_changed" ON "verification_runs";
--> statement-breakpoint
DROP FUNCTION notify_run_change();
