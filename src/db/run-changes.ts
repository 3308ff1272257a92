import postgres from 'postgres';

export type RunChanges = {
  /** Calls back at each change of a run, and whenever a change may have been missed. */
  follow(runId: string, changed: () => void): () => void;
  close(): Promise<void>;
};

/**
 * Changes of runs, as Postgres announces them (a trigger's NOTIFY on `run_changed`). One connection per process serves
 * any number of followers. It opens with the first follower and reconnects after a break.
 * @param lookAgainMs Nothing is heard while the connection is down, so followers also look this often.
 */
export const openRunChanges = (
  databaseUrl: string,
  { lookAgainMs = 5_000 }: { lookAgainMs?: number } = {},
): RunChanges => {
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
    // Also runs after each reconnection: changes in between were missed.
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
