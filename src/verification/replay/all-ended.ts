/** Waits for all, even if one fails, so that paid answers of the others are kept and none runs on unattended. */
export const allEnded = async (steps: unknown[]): Promise<void> => {
  await Promise.allSettled(steps);
  await Promise.all(steps);
};
