/** How many tRPC calls one request may carry. All of them run at the same time, and a page needs few. */
export const mostCallsPerRequest = 20;

/** The calls that have others work while somebody waits. They have a budget of their own. */
export const trialCalls: readonly string[] = ['run.tryOracle', 'run.estimate'];

/** The largest request is a run with 50 headers of 4,000 characters. */
export const maxBodyBytes = 1024 * 1024;
export const bodyTooLarge = `A request body may have at most ${maxBodyBytes} bytes.`;
