import { z } from 'zod';
import { formSchema } from './text.ts';

/**
 * The entries of the transparency log. They are public for ever and cannot be changed, so none has room for a handle, an
 * address, a name, a repository or a text that a user wrote: every string is a digest, a random id, an instant or one of
 * an enumeration (a test walks them).
 */

/** A canonical entry has at most this many bytes of UTF-8. */
export const maxEntryBytes = 4_096;

/** SHA-256, or an Ed25519 public key, in lower-case hexadecimal. */
export const digestSchema = formSchema(/^[0-9a-f]{64}$/);

const id = z.uuid();
const count = z.int().min(0);
/** In the one form that this project writes. */
const instant = formSchema(
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/,
);

const entry = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.strictObject({
    format: z.literal('echelon-log-entry/v1'),
    kind: z.literal(kind),
    /** What the entry is about. The log holds one entry for each kind and subject. */
    subject: id,
    time: instant,
    ...shape,
  });

/** How an attempt at certification ended. */
export const attemptOutcomes = ['completed', 'failed', 'cancelled'] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];

/** Why a certificate is revoked. The log has no room for words. */
export const revocationReasons = ['issued_in_error', 'key_compromised', 'withdrawn_by_owner'] as const;
export type RevocationReason = (typeof revocationReasons)[number];

export const keyPurposes = ['certificate', 'log'] as const;
export type KeyPurpose = (typeof keyPurposes)[number];

const registration = entry('registration', {
  account: id,
  /** How many changes are to be drawn, of how many that the filters leave. */
  n: count,
  listed: count,
  construct: digestSchema,
  target: digestSchema,
  /** SHA-256 of the canonical opening, which holds a fresh salt and everything else that the owner chose. */
  commitment: digestSchema,
});

/** Its subject is the registration's. */
const outcome = entry('outcome', {
  outcome: z.enum(attemptOutcomes),
  scored: count,
  oracle_failures: count,
  unscored: count,
  /** The composite's mean over the scored replays; null where none is scored. */
  mean: z.number().min(0).max(1).nullable(),
  /** SHA-256 of the opening's bytes. */
  opening: digestSchema,
});

/** Its subject is the certificate. */
const certificate = entry('certificate', { registration: id, document: digestSchema });

const audit = entry('audit', {
  certificate: id,
  step: z.enum(['begun', 'published']),
  record: digestSchema.nullable(),
});

const dispute = entry('dispute', {
  certificate: id,
  step: z.enum(['opened', 'closed']),
  /** A salted commitment to the words beside the log. */
  commitment: digestSchema.nullable(),
});

/** Its subject is the certificate. */
const revocation = entry('revocation', { reason: z.enum(revocationReasons) });

const key = entry('key', {
  purpose: z.enum(keyPurposes),
  step: z.enum(['added', 'retired', 'compromised']),
  /** 32 bytes of an Ed25519 key. */
  public_key: digestSchema,
});

/** Sealed texts of a certificate were opened. Its subject is the certificate. */
const opening = entry('opening', { file: digestSchema });

export const logEntrySchema = z.discriminatedUnion('kind', [
  registration,
  outcome,
  certificate,
  audit,
  dispute,
  revocation,
  key,
  opening,
]);
export type LogEntry = z.infer<typeof logEntrySchema>;
export type LogEntryKind = LogEntry['kind'];
export const logEntryKinds = logEntrySchema.options.map(({ shape }) => shape.kind.value);
