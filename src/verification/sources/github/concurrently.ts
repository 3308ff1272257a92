/** Calls `work` for each item, at most `width` at a time; rejects with the first fault, once none is under way. */
export const mapConcurrently = async <T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: width }, worker));
  for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason;
};
