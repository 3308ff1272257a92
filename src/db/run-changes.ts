import { connect } from './connect.ts';

export type RunChanges = {
  /** Calls back at each change of a run, and whenever a change may have been missed. */
  follow(runId: string, changed: () => void): () => void;
  close(): Promise<void>;
};

/**
 * Changes of runs, as Postgres announces them (a trigger's NOTIFY on `run_changed`). One connection per process serves
 * any number of followers. It opens with the first follower.
 * @param lookAgainMs Nothing is heard while the connection is down, so followers also look this often.
 */
export const openRunChanges = (
  databaseUrl: string,
  { lookAgainMs = 5_000, silenceMs }: { lookAgainMs?: number; silenceMs?: number } = {},
): RunChanges => {
  const followers = new Map<string, Set<() => void>>();
  const tell = (runId: string) => {
    for (const changed of followers.get(runId) ?? []) changed();
  };
  const sql = connect(databaseUrl, {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    silenceMs,
    onnotify: (_, runId) => tell(runId),
  });
  let timer: NodeJS.Timeout | undefined;
  let asking = false;

  /**
   * Listening again changes nothing on a connection that does. It is the heartbeat of one that is quiet, and restores
   * what a new one lacks. Changes in between were missed, so every follower looks.
   */
  const listen = async () => {
    if (asking) return;
    asking = true;
    await sql`listen run_changed`.catch(() => {});
    asking = false;
    for (const runId of followers.keys()) tell(runId);
  };

  return {
    follow: (runId, changed) => {
      const ofRun = followers.get(runId) ?? new Set();
      followers.set(runId, ofRun.add(changed));
      if (timer === undefined) {
        timer = setInterval(listen, lookAgainMs).unref();
        void listen();
      }
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
