import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, vi } from 'vitest';
import type { AuthContext } from '#auth/context.ts';
import type { SessionCarrier, TokenScope } from '#contracts/account.ts';
import { isPublicFile } from '#contracts/public-files.ts';
import { createApiToken, openSession } from '#services/account/index.ts';
import { handleTrpc } from '#trpc/handler.ts';
import { appRouter } from '#trpc/root.ts';
import { openRig } from './engine-rig.ts';
import { accountOf, authOf } from './open-to-all.ts';

export const doorsUrl = 'http://127.0.0.1:3000';

const app = join(import.meta.dirname, '../../app');
/** Where routes of the REST API are, and where those of public files, whose names keep their folder. */
const places = [
  { folder: join(app, 'api/v1/verification'), name: '' },
  { folder: join(app, 'log'), name: 'log/' },
  { folder: join(app, 'certificates'), name: 'certificates/' },
  { folder: join(app, '.well-known'), name: '.well-known/' },
];
type Route = Record<
  string,
  (request: Request, context: { params: Promise<Record<string, string | string[]>> }) => Promise<Response>
>;

/** Every REST endpoint by its method and path, as Next serves it. */
const readRoutes = async () => {
  const routes = new Map<string, Route[string]>();
  for (const { folder, name } of places)
    for (const file of globSync('**/route.ts', { cwd: folder })) {
      const route: Route = await import(join(folder, file));
      for (const [method, handle] of Object.entries(route))
        routes.set(`${method} /${name}${dirname(file)}`, handle);
    }
  return routes;
};

export type Outcome = { status: 'let in' | 401 | 403; challenge: string | null };

export const letIn: Outcome = { status: 'let in', challenge: null };

export const outcomeOf = (response: Response): Outcome => {
  expect(response.status).toBeLessThan(500);
  const { status } = response;
  return {
    status: status === 401 || status === 403 ? status : 'let in',
    challenge: response.headers.get('www-authenticate'),
  };
};

export const typeOfProcedure = (path: string) =>
  (appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>)[path]?._def.type;

/**
 * Every tRPC procedure and every REST endpoint of one installation, for all tests of a file, with a user who calls them.
 * The file closes it.
 */
export const openApiDoors = async (allow: AuthContext['signInRule']['allow'] = []) => {
  const rig = await openRig();
  const routes = await readRoutes();
  const auth = authOf(rig.context, doorsUrl);
  auth.signInRule = { ...auth.signInRule, allow };
  const user = await accountOf(rig.context, { provider: 'github', subject: '1' }, 'someone');

  const tokenOf = (scopes: readonly TokenScope[], { userId } = user) =>
    createApiToken(rig.context, { userId, name: 'test', scopes: [...scopes] });
  const sessionOf = async (carrier: SessionCarrier, of = user) =>
    (await openSession(rig.context, of, carrier)).secret;

  const callProcedure = (path: string, input: unknown, headers: Record<string, string>) => {
    const address = `${doorsUrl}/api/trpc/${path}`;
    const body = JSON.stringify(input);
    return handleTrpc(
      { services: rig.context, auth },
      typeOfProcedure(path) === 'mutation'
        ? new Request(address, {
            method: 'POST',
            body,
            headers: {
              'content-type': 'application/json',
              'content-length': String(Buffer.byteLength(body)),
              ...headers,
            },
          })
        : new Request(`${address}?input=${encodeURIComponent(body)}`, { headers }),
    );
  };

  const callEndpoint = (
    name: string,
    id: string,
    headers: Record<string, string>,
    body: unknown = {},
    services = rig.context,
  ) => {
    const handle = routes.get(name);
    if (handle === undefined) throw new Error(`There is no endpoint ${name}.`);
    const [method = '', path = ''] = name.split(' ');
    const base = isPublicFile(path) || path.endsWith('[...file]') ? '' : '/api/v1/verification';
    const address = `${doorsUrl}${base}${path.replace(/\[.*?\]/, id)}`;
    // The routes take it from here.
    vi.stubGlobal('echelonComposition', { services, auth });
    return handle(
      new Request(address, {
        method,
        headers,
        ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
      }),
      { params: Promise.resolve({ id, name: id, run_id: id, path: [id], file: [id] }) },
    );
  };

  return {
    rig,
    user,
    procedures: Object.keys(appRouter._def.procedures),
    endpoints: [...routes.keys()],
    tokenOf,
    sessionOf,
    callProcedure,
    callEndpoint,
    close: rig.close,
  };
};
export type ApiDoors = Awaited<ReturnType<typeof openApiDoors>>;
