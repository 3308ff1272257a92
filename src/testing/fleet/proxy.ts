import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Sends each request over a new connection to the next of `ports`. If a port refuses, it tries the one after. */
export const startProxy = async (ports: number[]): Promise<Server> => {
  let turn = 0;
  const proxy = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const offset = turn++;
    const send = (tried: number) => {
      const { method, url, headers } = incoming;
      const port = ports[(offset + tried) % ports.length];
      request({ host: '127.0.0.1', port, method, path: url, headers, agent: false })
        .once('response', (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.once('error', () => outgoing.destroy());
          answer.pipe(outgoing);
        })
        .once('error', (error: NodeJS.ErrnoException) => {
          if (error.code === 'ECONNREFUSED' && tried + 1 < ports.length) send(tried + 1);
          else if (outgoing.headersSent) outgoing.destroy();
          else outgoing.writeHead(502).end(error.code);
        })
        .end(body);
    };
    send(0);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
};
