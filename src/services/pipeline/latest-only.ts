/**
 * Tells one thing after another, never two at once, and of what was said meanwhile only the last. A fault of `tell` is
 * left out: what it tells is news for a page, and the next message is tried again.
 */
export const latestOnly = (tell: (message: string) => Promise<void>) => {
  let waiting: string | null = null;
  let telling: Promise<void> | null = null;
  const drain = async () => {
    while (waiting !== null) {
      const message = waiting;
      waiting = null;
      await tell(message).catch(() => undefined);
    }
    telling = null;
  };
  return {
    say: (message: string): void => {
      waiting = message;
      telling ??= drain();
    },
    /** Resolves once the last message was told. */
    settled: async (): Promise<void> => {
      await telling;
    },
  };
};
