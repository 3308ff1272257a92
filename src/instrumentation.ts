/**
 * Next calls this once, before the first request. It builds this file for its edge runtime too, which nothing here runs
 * in: what it replaces the variable by there takes the import out of that build.
 */
export const register = async () => {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { prepareTracing } = await import('#composition.ts');
  await prepareTracing();
};
