import { isObject } from '#contracts/json.ts';
import { parseVerifierKey } from '../log/verifier-key.ts';
import { readJwk, readRetired } from './jws.ts';
import { readBundle } from './read-bundle.ts';
import { type Check, verifyCertificate } from './verify.ts';

export type BundleCheck = {
  /** The id of the certificate that you asked for, as its address has it. Without one any certificate is accepted. */
  id?: string;
  /** `/certificates/{id}.bundle` */
  bundle: Uint8Array;
  /** `/certificates/{id}/evidence.jsonl` */
  evidence: Uint8Array;
  /** `/certificates/{id}/openings.jsonl`, once the certificate has expired. */
  openings?: Uint8Array | null;
  /** The JWKS of an issuer that you trust. Without one the issuer stays unknown. */
  jwks?: unknown;
  /** Verifier keys of logs that you trust. Without one the log stays unknown. */
  vkeys?: string[];
  /** Verifier keys of witnesses that must all have cosigned the checkpoint. */
  witnesses?: string[];
  now: Date;
};

const readEach = <T>(jwks: unknown, read: (jwk: unknown) => T | null): T[] =>
  isObject(jwks) && Array.isArray(jwks.keys) ? jwks.keys.map(read).filter((key) => key !== null) : [];

/**
 * Checks a certificate offline, with nothing but its files and the keys that you trust: what `echelon-verify check
 * --offline` does. It asks nobody, so it does not know whether the certificate was revoked after `logSize` entries.
 * @throws Error for a bundle or keys of another form.
 */
export const checkBundle = ({
  id,
  bundle,
  evidence,
  openings = null,
  jwks = null,
  vkeys = [],
  witnesses = [],
  now,
}: BundleCheck): Check => {
  const { jws, issuerKeys, retired, log, logKeys } = readBundle(bundle);
  const witnessKeys = witnesses.map(parseVerifierKey);
  return verifyCertificate({
    id: id ?? null,
    jws,
    document: null,
    evidence,
    openings,
    keys: readEach(jwks, readJwk),
    offeredKeys: issuerKeys,
    retired: [...retired, ...readEach(jwks, readRetired)],
    now,
    log: {
      bundle: log,
      policy: { logKeys: vkeys.map(parseVerifierKey), witnessKeys, witnesses: witnessKeys.length },
      offeredKeys: logKeys,
      later: null,
    },
    offline: true,
  });
};
