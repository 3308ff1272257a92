CREATE TABLE "housekeeping" (
	"task" text PRIMARY KEY NOT NULL,
	"begun_at" timestamp with time zone NOT NULL
);
