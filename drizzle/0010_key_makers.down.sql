ALTER TABLE "answer_keys" DROP COLUMN "key_of_replay";
--> statement-breakpoint
ALTER TABLE "answer_keys" DROP COLUMN "parrot_of_replay";
