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
--> statement-breakpoint
-- Keeps certificate_counts. A statement that writes many certificates counts them once, and takes its rows in one order,
-- so that two such statements cannot wait for each other.
CREATE FUNCTION count_certificates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "certificate_counts" ("construct_id", "ground_truth_source", "certificates")
  SELECT coalesce("construct_id", ''), coalesce("ground_truth_source", ''),
    CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
  FROM changed
  GROUP BY GROUPING SETS ((), ("construct_id"), ("construct_id", "ground_truth_source"))
  HAVING count(*) > 0
  ORDER BY 1, 2
  ON CONFLICT ("construct_id", "ground_truth_source") DO UPDATE
  SET "certificates" = "certificate_counts"."certificates" + EXCLUDED."certificates";
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER verification_certificates_inserted
AFTER INSERT ON "verification_certificates"
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION count_certificates();
--> statement-breakpoint
CREATE TRIGGER verification_certificates_deleted
AFTER DELETE ON "verification_certificates"
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION count_certificates();
--> statement-breakpoint
-- Others have copies of the log: a changed or missing row would be a second history.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The rows of % are never changed or deleted.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER log_entries_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON "log_entries"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER log_hashes_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON "log_hashes"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER log_checkpoints_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON "log_checkpoints"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER log_cosignatures_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON "log_cosignatures"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER log_head_kept BEFORE DELETE OR TRUNCATE ON "log_head"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER log_keys_kept BEFORE DELETE OR TRUNCATE ON "log_keys"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER log_head_grows BEFORE UPDATE ON "log_head"
FOR EACH ROW WHEN (NEW."id" <> OLD."id" OR NEW."origin" <> OLD."origin" OR NEW."size" <= OLD."size")
EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER log_keys_retired BEFORE UPDATE ON "log_keys"
FOR EACH ROW WHEN (
  NEW."public_key" <> OLD."public_key" OR NEW."purpose" <> OLD."purpose" OR NEW."added_at" <> OLD."added_at"
  OR (OLD."retired_at" IS NOT NULL AND NEW."retired_at" IS DISTINCT FROM OLD."retired_at")
  OR (OLD."compromised_at" IS NOT NULL AND NEW."compromised_at" IS DISTINCT FROM OLD."compromised_at")
  OR (OLD."retired_index" IS NOT NULL AND NEW."retired_index" IS DISTINCT FROM OLD."retired_index")
)
EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- What was signed stays as it was signed. Only the moment of its opening is added.
CREATE TRIGGER certificate_documents_kept BEFORE UPDATE ON "certificate_documents"
FOR EACH ROW WHEN (
  NEW."certificate_id" <> OLD."certificate_id" OR NEW."document" <> OLD."document" OR NEW."jws" <> OLD."jws"
  OR NEW."expires_at" <> OLD."expires_at" OR NEW."opens_at" IS DISTINCT FROM OLD."opens_at" OR OLD."opened_at" IS NOT NULL
)
EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER certificate_evidence_kept BEFORE UPDATE ON "certificate_evidence"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER certificate_revocations_kept BEFORE UPDATE ON "certificate_revocations"
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
