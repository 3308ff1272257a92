/** How many tRPC calls one request may carry. All of them run at the same time, and a page needs few. */
export const mostCallsPerRequest = 20;
