import { sql } from 'drizzle-orm';
import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { verificationCertificates } from './certificates.ts';
import { holds, isAtLeast, isDigest } from './checks.ts';
import { bytes, instant } from './columns.ts';

/** What is signed of a certificate. Retention never touches it, nor its evidence. */
export const certificateDocuments = pgTable(
  'certificate_documents',
  {
    certificateId: uuid('certificate_id')
      .primaryKey()
      .references(() => verificationCertificates.id, { onDelete: 'cascade' }),
    /** Canonical JSON: byte for byte what the signature is over. */
    document: text('document').notNull(),
    /** The compact JWS. */
    jws: text('jws').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** When the sealed texts of its evidence are to be opened; null for a private repository's, which never are. */
    opensAt: instant('opens_at'),
    openedAt: instant('opened_at'),
  },
  (table) => [
    index('certificate_documents_sealed_idx')
      .on(table.opensAt)
      .where(sql`opened_at is null and opens_at is not null`),
  ],
);

/**
 * The evidence of a run, written while the run is certified and before its certificate is issued. One row for each run that
 * is or was certified: a run that fails takes its evidence with it.
 */
export const evidenceSets = pgTable(
  'evidence_sets',
  {
    /** The id that the certificate has, or will have. */
    certificateId: uuid('certificate_id').primaryKey().defaultRandom(),
    // Unique: every try writes the same lines. No foreign key: evidence outlives its run.
    runId: uuid('run_id').notNull().unique(),
    /** What its texts are sealed with. */
    salt: text('salt').notNull(),
  },
  (table) => [isDigest(table.salt)],
);

/** Its lines, in order. Nobody is served any before the certificate is issued. */
export const certificateEvidence = pgTable(
  'certificate_evidence',
  {
    certificateId: uuid('certificate_id')
      .notNull()
      .references(() => evidenceSets.certificateId, { onDelete: 'cascade' }),
    place: integer('place').notNull(),
    /** Canonical JSON, without its line feed. */
    line: text('line').notNull(),
    /** Its hash as a leaf of the tree whose root the document pins. */
    leaf: bytes('leaf').notNull(),
    /** The line that opens its texts. Nobody may read it before they are opened. Null: they never are. */
    opening: text('opening'),
  },
  (table) => [
    primaryKey({ name: 'certificate_evidence_pkey', columns: [table.certificateId, table.place] }),
    isAtLeast(table.place, 0),
    holds('certificate_evidence_leaf', sql`octet_length(${table.leaf}) = 32`),
  ],
);
