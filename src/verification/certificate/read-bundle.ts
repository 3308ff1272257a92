import { type CertificateBundle, certificateBundleSchema } from '#contracts/certificate-bundle.ts';
import { readUtf8 } from '../log/encoding.ts';
import { parseVerifierKey, type VerifierKey } from '../log/verifier-key.ts';
import { type RetiredKey, readJwk, readRetired } from './jws.ts';

/** What a bundle holds, read but not verified. */
export type ReadBundle = {
  jws: string;
  issuerKeys: Uint8Array[];
  /** Those of them that may not sign any more. */
  retired: RetiredKey[];
  log: CertificateBundle['log'];
  logKeys: VerifierKey[];
};

/**
 * Reads a bundle.
 * @throws Error that says what is not in the form of `echelon-bundle/v1`.
 */
export const readBundle = (bytes: Uint8Array): ReadBundle => {
  const parsed = certificateBundleSchema.safeParse(JSON.parse(readUtf8(bytes)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`It is not a certificate’s bundle: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { jws, jwks, log } = parsed.data;
  return {
    jws,
    issuerKeys: jwks.keys.map(readJwk).filter((key) => key !== null),
    retired: jwks.keys.map(readRetired).filter((key) => key !== null),
    log,
    logKeys: log.vkeys.map(parseVerifierKey),
  };
};
