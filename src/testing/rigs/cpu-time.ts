/**
 * Starts to count the processor time that this thread uses, in milliseconds. It excludes what else the machine does, so
 * a test may compare it with a bound.
 */
export const startCpuTime = (): (() => number) => {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
};
