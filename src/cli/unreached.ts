import { faultCode, isCertificateFault, untrustedCertificateText } from '#contracts/errors.ts';
import { plain } from './terminal.ts';

/** How long an address may take to answer. */
export const answerTimeoutMs = 30_000;

/** Why a request failed: the code of its cause, or words where it has none. */
export const requestFault = (error: Error): string => {
  const cause = error.cause instanceof Error ? error.cause : error;
  return faultCode(cause) ?? plain(cause.message, 200);
};

/**
 * Says why nothing came from `place`.
 * @param advice what to do if the address may be wrong.
 */
export const unreachedText = (error: Error, place: string, advice = 'Check the address.'): string => {
  if (error.name === 'TimeoutError')
    return `${place} did not answer within ${answerTimeoutMs / 1000} seconds.`;
  const fault = requestFault(error);
  return isCertificateFault(fault)
    ? `${place} could not be reached (${fault}): ${untrustedCertificateText}`
    : `${place} could not be reached (${fault}). ${advice}`;
};
