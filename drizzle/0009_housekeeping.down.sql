DROP TABLE "housekeeping" CASCADE;
