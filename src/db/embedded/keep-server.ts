import { setTimeout as sleep } from 'node:timers/promises';
import { endOrphan } from './postmaster.ts';
import { type Place, type Server, startServer } from './server.ts';

/** A server that ran for this long was not at fault in itself, so its end starts a new count. */
const steadyMs = 60_000;
const mostQuickEnds = 5;

const lastLines = (output: string) => output.trim().split('\n').slice(-5).join('\n');

/**
 * Starts the cluster's server, and starts it again on the same port whenever it ends unexpectedly, as by a kill -9 of
 * the postmaster.
 * @param say what to tell the operator of each such end.
 * @param fixedPort default: a free one.
 * @returns `ended` resolves with the server's last words after `stop`, or once it ended several times shortly after it was
 * started.
 */
export const keepServer = async (
  place: Place,
  settings: Record<string, string>,
  say: (line: string) => void,
  fixedPort?: number,
): Promise<Pick<Server, 'port' | 'ended' | 'stop'>> => {
  const stopping = new AbortController();
  const first = await startServer(place, settings, fixedPort);
  const { port } = first;
  /** Null while none runs. */
  let server: Server | null = first;

  const startAgain = async (): Promise<Server> => {
    // Its sessions outlive a killed postmaster for a moment, and its lock file stays.
    await endOrphan(place.directory);
    return startServer(place, settings, port);
  };

  const keep = async (): Promise<string> => {
    let quickEnds = 0;
    let lastWords = '';
    let startedAt = performance.now();
    for (;;) {
      if (server !== null) lastWords = lastLines(await server.ended);
      if (stopping.signal.aborted) return lastWords;
      quickEnds = performance.now() - startedAt > steadyMs ? 1 : quickEnds + 1;
      if (quickEnds > mostQuickEnds) return lastWords;
      say(`The database server ended unexpectedly and starts again. Its last lines:\n${lastWords}`);
      await sleep(250 * 2 ** (quickEnds - 1), undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return lastWords;
      startedAt = performance.now();
      server = await startAgain().catch((error: Error) => {
        lastWords = error.message;
        return null;
      });
      // It was asked to stop while it started.
      if (stopping.signal.aborted) await server?.stop();
    }
  };
  const ended = keep();

  return {
    port,
    ended,
    stop: async () => {
      stopping.abort();
      await server?.stop();
      await ended;
    },
  };
};
