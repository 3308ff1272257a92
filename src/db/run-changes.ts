import postgres from 'postgres';

export type RunChanges = {
  /** Calls back at each change of a run, and after each time that changes may have been missed. */
  follow(runId: string, changed: () => void): () => void;
  close(): Promise<void>;
};

/** While the connection is away nothing is heard, so whoever follows looks again this often. */
const lookAgainMs = 5_000;

/**
 * What happens to runs, as Postgres tells it (NOTIFY by a trigger, `run_changed`): one connection a process, however
 * many follow. It is opened at the first follower and comes back by itself after a break.
 */
export const openRunChanges = (databaseUrl: string): RunChanges => {
  const followers = new Map<string, Set<() => void>>();
  const sql = postgres(databaseUrl, { max: 1, idle_timeout: 0, fetch_types: false, onnotice: () => {} });
  let listening: Promise<unknown> | null = null;
  let timer: NodeJS.Timeout | undefined;

  const tell = (runId: string) => {
    for (const changed of followers.get(runId) ?? []) changed();
  };
  const tellAll = () => {
    for (const runId of followers.keys()) tell(runId);
  };
  const listen = () => {
    // Also after each reconnection: what was said meanwhile was missed.
    listening ??= sql.listen('run_changed', tell, tellAll).catch(() => {
      listening = null;
    });
    timer ??= setInterval(() => {
      if (listening === null) listen();
      tellAll();
    }, lookAgainMs).unref();
  };

  return {
    follow: (runId, changed) => {
      const ofRun = followers.get(runId) ?? new Set();
      followers.set(runId, ofRun.add(changed));
      listen();
      return () => {
        ofRun.delete(changed);
        if (ofRun.size === 0 && followers.get(runId) === ofRun) followers.delete(runId);
      };
    },
    close: async () => {
      clearInterval(timer);
      followers.clear();
      await sql.end({ timeout: 1 });
    },
  };
};
