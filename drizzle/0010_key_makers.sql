ALTER TABLE "answer_keys" ADD COLUMN "key_of_replay" uuid;--> statement-breakpoint
ALTER TABLE "answer_keys" ADD COLUMN "parrot_of_replay" uuid;--> statement-breakpoint
-- Keys that were stored until now went through their run's secrets, and may hold what its owner put in their place.
DELETE FROM "answer_keys";
