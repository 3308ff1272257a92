ALTER TABLE "verification_runs" DROP COLUMN "activity";
