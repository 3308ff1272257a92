import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import { duplexPair } from 'node:stream';

/**
 * Asks this process's own request listener over a connection within the process, and returns the answer's status. The public
 * listener has no part in it: whoever fills its table of connections changes no answer.
 */
export const askWithin = (handle: RequestListener): ((path: string, withinMs: number) => Promise<number>) => {
  const server = createServer(handle);
  return async (path, withinMs) => {
    const [ours, theirs] = duplexPair();
    // Both the entry and Next read who asks from the connection.
    server.emit('connection', Object.assign(theirs, { remoteAddress: '127.0.0.1' }));
    try {
      const asked = get({
        createConnection: () => ours,
        path,
        headers: { host: 'localhost' },
        signal: AbortSignal.timeout(withinMs),
      });
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode ?? 0;
    } finally {
      ours.destroy();
      theirs.destroy();
    }
  };
};
