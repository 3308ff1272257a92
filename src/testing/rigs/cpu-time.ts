/**
 * Starts to count the processor's time that this thread takes, in milliseconds: what else the machine does meanwhile is
 * not in it, so that a test may hold it against a bound.
 */
export const startCpuTime = (): (() => number) => {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
};
