CREATE TABLE "call_waits" (
	"resource" text NOT NULL,
	"user_id" uuid NOT NULL,
	"refused_at" timestamp with time zone NOT NULL,
	CONSTRAINT "call_waits_pkey" PRIMARY KEY("resource","user_id")
);
--> statement-breakpoint
ALTER TABLE "call_slots" ADD COLUMN "user_id" uuid;--> statement-breakpoint
ALTER TABLE "verification_replays" ADD COLUMN "oracle_carried" boolean DEFAULT false NOT NULL;