/** All are waited for, also when one fails: what the others were paid for is kept, and none goes on by itself. */
export const allEnded = async (steps: unknown[]): Promise<void> => {
  await Promise.allSettled(steps);
  await Promise.all(steps);
};
