import { sql } from 'drizzle-orm';
import {
  bigint,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { unitSchema } from '#contracts/interval.ts';
import {
  attemptOutcomes,
  keyPurposes,
  type LogEntryKind,
  logEntryKinds,
  maxEntryBytes,
} from '#contracts/log.ts';
import { verificationCertificates } from './certificates.ts';
import { holds, isAtLeast, isDigest, isListed, isWithin } from './checks.ts';
import { bytes, instant } from './columns.ts';
import { users } from './users.ts';

/**
 * The transparency log. Entries and hashes are only ever added; the head, of which there is one row, moves by
 * compare-and-set in the transaction that adds them.
 */

const position = (name: string) => bigint(name, { mode: 'number' });

export const logEntries = pgTable(
  'log_entries',
  {
    /** Not from a sequence: those leave gaps. */
    index: position('index').primaryKey(),
    kind: text('kind').$type<LogEntryKind>().notNull(),
    subject: uuid('subject').notNull(),
    /** Canonical JSON. */
    data: bytes('data').notNull(),
    addedAt: instant('added_at').notNull(),
  },
  (table) => [
    unique('log_entries_kind_subject_key').on(table.kind, table.subject),
    isAtLeast(table.index, 0),
    isListed(table.kind, logEntryKinds),
    holds('log_entries_data', sql`octet_length(${table.data}) between 2 and ${maxEntryBytes}`),
  ],
);

/**
 * What the tiles hold: at level 0 the entries' leaf hashes, at level L the roots of perfect subtrees with 256^L leaves.
 * A tile of any width is a range of them, so a partial tile costs no row of its own.
 */
export const logHashes = pgTable(
  'log_hashes',
  {
    level: smallint('level').notNull(),
    index: position('index').notNull(),
    hash: bytes('hash').notNull(),
  },
  (table) => [
    primaryKey({ name: 'log_hashes_pkey', columns: [table.level, table.index] }),
    isAtLeast(table.level, 0),
    isAtLeast(table.index, 0),
    holds('log_hashes_hash', sql`octet_length(${table.hash}) = 32`),
  ],
);

export const logHead = pgTable(
  'log_head',
  {
    id: integer('id').primaryKey(),
    /** Made once, never changed. */
    origin: text('origin').notNull(),
    size: position('size').notNull(),
    root: bytes('root').notNull(),
  },
  (table) => [
    holds('log_head_id', sql`${table.id} = 1`),
    isAtLeast(table.size, 0),
    holds('log_head_root', sql`octet_length(${table.root}) = 32`),
  ],
);

/** The signed heads. The largest is the one that is served; a size is signed once. */
export const logCheckpoints = pgTable(
  'log_checkpoints',
  {
    size: position('size').primaryKey(),
    note: text('note').notNull(),
    signedAt: instant('signed_at').notNull(),
  },
  (table) => [isAtLeast(table.size, 0)],
);

/** What witnesses, who are other people, sign of a checkpoint. */
export const logCosignatures = pgTable(
  'log_cosignatures',
  {
    size: position('size')
      .notNull()
      .references(() => logCheckpoints.size),
    /** Its verifier key. */
    witness: text('witness').notNull(),
    cosignedAt: instant('cosigned_at').notNull(),
    /** Its signature lines, each with its line feed. */
    line: text('line').notNull(),
  },
  (table) => [
    primaryKey({ name: 'log_cosignatures_pkey', columns: [table.size, table.witness, table.cosignedAt] }),
    index('log_cosignatures_witness_idx').on(table.witness, table.size, table.cosignedAt),
  ],
);

/** Public keys of this installation, retired and compromised ones too. */
export const logKeys = pgTable(
  'log_keys',
  {
    /** 32 bytes in hexadecimal. */
    publicKey: text('public_key').primaryKey(),
    purpose: text('purpose', { enum: keyPurposes }).notNull(),
    addedAt: instant('added_at').notNull(),
    retiredAt: instant('retired_at'),
    compromisedAt: instant('compromised_at'),
    /** The index of the first entry that retired it: what the log held before still counts. */
    retiredIndex: position('retired_index'),
  },
  (table) => [
    isDigest(table.publicKey),
    isListed(table.purpose, keyPurposes),
    isAtLeast(table.retiredIndex, 0),
    holds(
      'log_keys_retired',
      sql`(coalesce(${table.retiredAt}, ${table.compromisedAt}) is null) = (${table.retiredIndex} is null)`,
    ),
  ],
);

/**
 * Attempts at certification, beside the log: what the entry only commits to. Deleting an account deletes what leads
 * from the entry to it.
 */
export const logRegistrations = pgTable(
  'log_registrations',
  {
    /** The entry's subject. */
    id: uuid('id').primaryKey(),
    userId: uuid('user_id').references(() => users.id, { onDelete: 'set null' }),
    logIndex: position('log_index')
      .notNull()
      .unique()
      .references(() => logEntries.index),
    /** 32 bytes in hexadecimal. They are in the opening too, and decide the draw. */
    salt: text('salt').notNull(),
    /** Canonical JSON, whose digest the entry holds. */
    opening: text('opening').notNull(),
    /** The entry has it too. Attempts are counted by it. */
    target: text('target').notNull(),
    /** The entry has it too: the digest of the construct's normalised name. */
    construct: text('construct').notNull(),
    registeredAt: instant('registered_at').notNull(),
    /** When its outcome was logged. From then on the attempt cannot be resumed. */
    closedAt: instant('closed_at'),
    /** What its outcome's entry says; null until then. */
    outcome: text('outcome', { enum: attemptOutcomes }),
    /** The composite's mean over its scored replays; null where none was scored. */
    mean: doublePrecision('mean'),
    /** The certificate that it ended with. */
    certificateId: uuid('certificate_id').references(() => verificationCertificates.id, {
      onDelete: 'set null',
    }),
  },
  (table) => [
    index('log_registrations_user_id_idx').on(table.userId),
    index('log_registrations_open_idx').on(table.registeredAt).where(sql`closed_at is null`),
    index('log_registrations_target_idx').on(table.target, table.logIndex),
    index('log_registrations_construct_idx').on(table.construct, table.logIndex),
    index('log_registrations_certificate_id_idx').on(table.certificateId),
    isDigest(table.salt),
    isDigest(table.target),
    isDigest(table.construct),
    isListed(table.outcome, attemptOutcomes),
    isWithin(table.mean, unitSchema),
    holds('log_registrations_closed', sql`(${table.closedAt} is null) = (${table.outcome} is null)`),
  ],
);
