import { sql } from 'drizzle-orm';
import {
  boolean,
  doublePrecision,
  foreignKey,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { auditLabels, auditResultSchema, auditSchema } from '#contracts/audit.ts';
import { verificationCertificates } from './certificates.ts';
import { holds, isDigest, isListed, isWithin } from './checks.ts';
import { instant, jsonbOf } from './columns.ts';

/**
 * Human audits, by the owner of the certificate's run. A row is made when an audit begins, so that one that its owner
 * gave up is known too. The certificate itself never changes.
 */
export const verificationAudits = pgTable(
  'verification_audits',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    // Unique: a second audit could be one of several tries.
    certificateId: uuid('certificate_id').notNull().unique(),
    certificateDigest: text('certificate_digest').notNull(),
    size: integer('size').notNull(),
    begunAt: instant('begun_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
    /** When it ended without a result, because what it would have asked about was deleted. */
    closedAt: instant('closed_at'),
    /** Null until it is finished. */
    result: jsonbOf('result_json', auditResultSchema),
  },
  (table) => [
    // Named by hand: the name that Drizzle would make is longer than the 63 bytes Postgres keeps.
    foreignKey({
      name: 'verification_audits_certificate_id_fk',
      columns: [table.certificateId],
      foreignColumns: [verificationCertificates.id],
    }).onDelete('cascade'),
    isDigest(table.certificateDigest),
    isWithin(table.size, auditSchema.shape.size),
    holds('verification_audits_finished', sql`(${table.finishedAt} is null) = (${table.result} is null)`),
    holds('verification_audits_closed', sql`num_nonnulls(${table.finishedAt}, ${table.closedAt}) <= 1`),
  ],
);

/** The claims of an audit in the order in which they are asked about, each with its label once it has one. */
export const verificationAuditLabels = pgTable(
  'verification_audit_labels',
  {
    auditId: uuid('audit_id')
      .notNull()
      .references(() => verificationAudits.id, { onDelete: 'cascade' }),
    position: integer('position').notNull(),
    /** As the certificate has it: an ordinal if the repository is private. */
    groundTruthId: text('ground_truth_id').notNull(),
    claimId: text('claim_id').notNull(),
    /** The judge's verdict, which is the stratum. */
    supported: boolean('supported').notNull(),
    inclusionProbability: doublePrecision('inclusion_probability').notNull(),
    label: text('label', { enum: auditLabels }),
    labelledAt: instant('labelled_at'),
  },
  (table) => [
    primaryKey({ columns: [table.auditId, table.position] }),
    unique('verification_audit_labels_claim_key').on(table.auditId, table.groundTruthId, table.claimId),
    isWithin(table.position, auditSchema.shape.size),
    holds(
      'verification_audit_labels_inclusion_probability',
      sql`${table.inclusionProbability} > 0 and ${table.inclusionProbability} <= 1`,
    ),
    isListed(table.label, auditLabels),
    holds(
      'verification_audit_labels_labelled',
      sql`num_nulls(${table.label}, ${table.labelledAt}) in (0, 2)`,
    ),
  ],
);
