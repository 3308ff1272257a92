import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Does what another process does meanwhile. A test that calls it within a transaction is in that transaction otherwise,
 * and may use no other connection.
 */
export const elsewhere: <T>(work: () => T) => T = AsyncLocalStorage.snapshot();
