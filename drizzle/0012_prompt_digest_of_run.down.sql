ALTER TABLE "verification_runs" DROP COLUMN "prompt_digest";
