DROP TABLE "api_tokens" CASCADE;
--> statement-breakpoint
DROP TABLE "sign_in_links" CASCADE;
--> statement-breakpoint
DROP TABLE "siwe_nonces" CASCADE;
--> statement-breakpoint
DROP TABLE "user_identities" CASCADE;
--> statement-breakpoint
DROP TABLE "users" CASCADE;
