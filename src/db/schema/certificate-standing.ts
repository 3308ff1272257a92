import { sql } from 'drizzle-orm';
import { index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { disputeTextSchema } from '#contracts/certificate-standing.ts';
import { revocationReasons } from '#contracts/log.ts';
import { verificationCertificates } from './certificates.ts';
import { fitsNotEmpty, holds, isDigest, isListed } from './checks.ts';
import { instant } from './columns.ts';

/** What became of certificates, which never change themselves. Each row has its entry in the log. */

export const certificateRevocations = pgTable(
  'certificate_revocations',
  {
    certificateId: uuid('certificate_id')
      .primaryKey()
      .references(() => verificationCertificates.id, { onDelete: 'cascade' }),
    reason: text('reason', { enum: revocationReasons }).notNull(),
    revokedAt: instant('revoked_at').notNull(),
  },
  (table) => [isListed(table.reason, revocationReasons)],
);

export const certificateDisputes = pgTable(
  'certificate_disputes',
  {
    /** The subject of the entry that opened it. */
    id: uuid('id').primaryKey(),
    certificateId: uuid('certificate_id')
      .notNull()
      .references(() => verificationCertificates.id, { onDelete: 'cascade' }),
    openedAt: instant('opened_at').notNull(),
    closedAt: instant('closed_at'),
    /** 32 bytes in hexadecimal. The entry commits to the text with it, so it goes with the text. */
    salt: text('salt'),
    /** Null once it was removed. */
    text: text('text'),
    textRemovedAt: instant('text_removed_at'),
  },
  (table) => [
    index('certificate_disputes_certificate_idx').on(table.certificateId, table.openedAt),
    // Whoever reads the log counts what was opened against what was closed.
    uniqueIndex('certificate_disputes_open_key').on(table.certificateId).where(sql`closed_at is null`),
    isDigest(table.salt),
    fitsNotEmpty(table.text, disputeTextSchema),
    holds(
      'certificate_disputes_removed',
      sql`(${table.text} is null) = (${table.salt} is null) and (${table.text} is null) = (${table.textRemovedAt} is not null)`,
    ),
  ],
);
