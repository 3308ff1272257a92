/** What stands in a stored configuration, a text or a log where a secret was. */
export const redacted = '[REDACTED]';
