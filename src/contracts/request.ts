/** How many tRPC calls may travel in one request: each is worked on at once, and a page needs few. */
export const mostCallsPerRequest = 20;
