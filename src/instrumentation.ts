/**
 * Next calls this once, before the first request. It also builds this file for its edge runtime, which we do not use:
 * there Next replaces the variable with a constant, which removes the import from that build.
 */
export const register = async () => {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { prepareTracing } = await import('#composition.ts');
  await prepareTracing();
};
