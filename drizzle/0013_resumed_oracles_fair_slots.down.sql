DROP TABLE "call_waits" CASCADE;
--> statement-breakpoint
ALTER TABLE "call_slots" DROP COLUMN "user_id";
--> statement-breakpoint
ALTER TABLE "verification_replays" DROP COLUMN "oracle_carried";
