import { faultCode, proxyFaultCode } from '#contracts/errors.ts';

/** Codes of connections that were never made: nothing was sent over them. */
const neverSent = new Set<string | null>([
  proxyFaultCode,
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const codesOf = (error: unknown): (string | null)[] =>
  error instanceof Error
    ? [
        faultCode(error),
        ...codesOf(error.cause),
        ...(error instanceof AggregateError ? error.errors.flatMap(codesOf) : []),
      ]
    : [];

/** Whether a request that failed without an answer may have arrived, and so may have been charged. */
export const mayHaveArrived = (error: unknown): boolean =>
  !codesOf(error).some((code) => neverSent.has(code));
