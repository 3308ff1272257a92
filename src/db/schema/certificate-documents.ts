import { sql } from 'drizzle-orm';
import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { verificationCertificates } from './certificates.ts';
import { holds, isAtLeast } from './checks.ts';
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
    /** When the sealed texts of its evidence were opened; null for a private repository's, which stay sealed. */
    openedAt: instant('opened_at'),
  },
  (table) => [index('certificate_documents_sealed_idx').on(table.expiresAt).where(sql`opened_at is null`)],
);

/** The lines of its evidence, in order. */
export const certificateEvidence = pgTable(
  'certificate_evidence',
  {
    certificateId: uuid('certificate_id')
      .notNull()
      .references(() => verificationCertificates.id, { onDelete: 'cascade' }),
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
