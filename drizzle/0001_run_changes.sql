-- Pages and workers learn of a run's change at its commit, and not by asking again and again.
CREATE FUNCTION notify_run_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('run_changed', NEW.id::text);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER verification_runs_changed
AFTER INSERT OR UPDATE OF "status", "progress", "total", "error", "activity", "certificate_id" ON "verification_runs"
FOR EACH ROW EXECUTE FUNCTION notify_run_change();
