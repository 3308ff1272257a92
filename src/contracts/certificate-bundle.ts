import { z } from 'zod';
import { formSchema, storableTextSchema } from './text.ts';

export const bundleType = 'echelon-bundle/v1';

/** Hashes of 32 bytes in hexadecimal digits, from the leaf's sibling up (RFC 6962). */
const proofSchema = z.array(formSchema(/^[0-9a-f]{64}$/)).max(63);

/** An entry of the log, as its canonical JSON, with the proof that the checkpoint's tree holds it. */
const provenEntrySchema = z.strictObject({
  index: z.number().int().min(0),
  entry: storableTextSchema,
  proof: proofSchema,
});

/**
 * What a stranger checks a certificate with offline, beside its evidence: the signature, which holds the document, the
 * issuer's public keys, and the log's proofs against one checkpoint.
 */
export const certificateBundleSchema = z.strictObject({
  type: z.literal(bundleType),
  jws: storableTextSchema,
  /** A JWKS. Keys that come with a certificate do not show who issued it. */
  jwks: z.strictObject({ keys: z.array(z.unknown()).max(1_000) }),
  log: z.strictObject({
    /** The log's verifier keys. They do not show whose log it is either. */
    vkeys: z.array(storableTextSchema).max(1_000),
    /** A signed note, with the witnesses' cosignatures. */
    checkpoint: storableTextSchema,
    registration: provenEntrySchema,
    certificate: provenEntrySchema,
  }),
});
export type CertificateBundle = z.infer<typeof certificateBundleSchema>;
export type BundledLog = CertificateBundle['log'];
