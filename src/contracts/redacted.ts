/** Replaces a secret in a stored configuration, a text or a log. */
export const redacted = '[REDACTED]';
