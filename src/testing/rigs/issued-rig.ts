import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { RunRequest } from '#contracts/run-request.ts';
import { getCertificateFile, getCertificateKeys } from '#rest/certificate-files.ts';
import { getLogCheckpoint, getLogKeys, getLogTile } from '#rest/log.ts';
import { authOf } from './open-to-all.ts';
import { pruneRig } from './prune-rig.ts';
import type { Script } from './scripted-engine.ts';
import { stopServer } from './served-rig.ts';

const host = 'http://127.0.0.1:3000';

/** Completes a run, and reads its certificate's files as strangers do. */
export const issuedRig = async (script: Script = {}, request: Partial<RunRequest> = {}) => {
  const rig = await pruneRig(script);
  // Commands check it by the system's clock, which may be past a fixed day's validity.
  rig.wait(Math.max(0, Date.now() - rig.context.now().getTime()));
  // The scripted judge answers calls, which the offline check has none of.
  const runId = await rig.start({ judge: 'anthropic', ...request });
  await rig.pump();
  const { status, certificateId } = await rig.run(runId);
  if (certificateId === null) throw new Error(`The run is ${status}.`);
  const rest = { services: rig.context, auth: authOf(rig.context) };
  const file = (path: string, id = certificateId) =>
    getCertificateFile(rest, new Request(`${host}/certificates/${id}/${path}`), id, path.split('/'));
  const keys = () => getCertificateKeys(rest, new Request(`${host}/.well-known/jwks.json`));
  const bytes = async (path: string): Promise<Uint8Array> =>
    new Uint8Array(await (await file(path)).arrayBuffer());
  return {
    ...rig,
    rest,
    runId,
    certificateId,
    file,
    bytes,
    text: async (path: string) => (await file(path)).text(),
    keys,
    keySet: async (): Promise<{ keys: unknown[] }> => (await keys()).json(),
    vkeys: async () => (await getLogKeys(rest, new Request(`${host}/log/vkey`))).text(),
  };
};

type IssuedRig = Awaited<ReturnType<typeof issuedRig>>;

/**
 * The public files of a rig behind a socket, at the addresses that the built app has.
 * @param alter may answer in its place.
 */
export const servePublicFiles = async (
  { rest }: Pick<IssuedRig, 'rest'>,
  alter: (path: string) => Response | Promise<Response> | undefined = () => undefined,
) => {
  const answer = (request: Request): Promise<Response> | Response => {
    const { pathname } = new URL(request.url);
    const altered = alter(pathname);
    if (altered !== undefined) return altered;
    if (pathname === '/log/checkpoint') return getLogCheckpoint(rest, request);
    if (pathname === '/log/vkey') return getLogKeys(rest, request);
    if (pathname === '/.well-known/jwks.json') return getCertificateKeys(rest, request);
    if (pathname.startsWith('/log/tile/'))
      return getLogTile(rest, request, pathname.slice('/log/tile/'.length));
    const [, id = '', path = ''] = /^\/certificates\/([^/.]+)[./](.+)$/.exec(pathname) ?? [];
    return getCertificateFile(rest, request, id, path.split('/'));
  };
  const server = createServer(getRequestListener(answer, { overrideGlobalObjects: false }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return {
    url: `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`,
    close: () => stopServer(server),
  };
};
