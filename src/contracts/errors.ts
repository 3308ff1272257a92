import { isObject } from './json.ts';

/**
 * Every error that a caller is meant to read: tRPC's name for it and REST's status. One table, so that the two
 * transports cannot disagree.
 */
export const errorCodes = {
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  BAD_REQUEST: 422,
  TOO_MANY_REQUESTS: 429,
  PRECONDITION_FAILED: 503,
  SERVICE_UNAVAILABLE: 503,
} as const;

/** How soon to try again what was SERVICE_UNAVAILABLE, in seconds. */
export const retryAfterSeconds = 5;

export type ErrorCode = keyof typeof errorCodes;

/** What is wrong with one field of a request. `path` is the field's name in camelCase, '' for the whole request. */
export type FieldIssue = { path: string; message: string };

/** An expected failure. Its message tells the caller what was wrong and what to do, and holds no secret. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly fields: FieldIssue[];

  constructor(code: ErrorCode, message: string, fields: FieldIssue[] = []) {
    super(message);
    this.code = code;
    this.fields = fields;
  }
}

/** `run.error` is at most this long, in UTF-16 code units. */
export const maxRunErrorLength = 2000;

/** The code that Node and what is built on it give an error (ENOENT, ECONNREFUSED); null where it has none. */
export const faultCode = (error: unknown): string | null =>
  isObject(error) && typeof error.code === 'string' ? error.code : null;

/** True of the codes by which Node says that it does not trust a server's certificate. */
export const isCertificateFault = (code: string): boolean =>
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY))/.test(code);

/** What is said then, after what failed. */
export const untrustedCertificateText =
  "the certificate of its server is not trusted here. If an authority of your own issued it, name the authority's file in NODE_EXTRA_CA_CERTS and start again.";

const maxCauses = 10;

/** Marks an error of a proxy between us and a service: the connection was not made, and nothing was sent. */
export const proxyFaultCode = 'EPROXY';

/** The message of a proxy's fault among an error's causes, or null. It names the proxy's host and no secret. */
export const proxyFaultOf = (error: unknown): string | null => {
  let cause = error;
  for (let depth = 0; depth < maxCauses && cause instanceof Error; depth++) {
    if (faultCode(cause) === proxyFaultCode) return cause.message;
    cause = cause.cause;
  }
  return null;
};
