/**
 * All that a test passes on of its own environment, which may hold a key. Node keeps what it compiles where the runner
 * says, so that hundreds of short processes do not compile the same modules again.
 */
export const childEnvironment = {
  PATH: process.env.PATH,
  NODE_ENV: 'production' as const,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};
