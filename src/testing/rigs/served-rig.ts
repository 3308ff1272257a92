import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { freePort } from '#db/embedded/free-port.ts';
import { handleTrpc } from '#trpc/handler.ts';
import { openRig } from './engine-rig.ts';
import { fullToken } from './full-token.ts';
import { authOf } from './open-to-all.ts';

export const stopServer = async (server: Server) => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
};

/**
 * An installation's tRPC interface behind a socket, as the route serves it, with a user whose token is in a file: what
 * the command line asks. For all tests of a file. The file closes it.
 */
export const openServedRig = async () => {
  const rig = await openRig();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const user = await rig.user();
  const token = await fullToken(rig.context, user);
  const folder = mkdtempSync(join(tmpdir(), 'echelon-run-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${token}\n`);

  const serve = async () => {
    const { context: services } = rig;
    const auth = authOf(services, url);
    const served = createServer(
      getRequestListener((request) => handleTrpc({ services, auth }, request), {
        overrideGlobalObjects: false,
      }),
    ).listen(port, '127.0.0.1');
    await once(served, 'listening');
    return served;
  };
  let server = await serve();
  const stop = () => stopServer(server);
  return {
    rig,
    port,
    url,
    owner: user,
    token,
    tokenFile,
    folder,
    stop,
    start: async () => {
      server = await serve();
    },
    close: async () => {
      await stop();
      rmSync(folder, { recursive: true });
      await rig.close();
    },
  };
};
export type ServedRig = Awaited<ReturnType<typeof openServedRig>>;
