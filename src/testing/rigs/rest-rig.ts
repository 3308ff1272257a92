import type { RestContext } from '#rest/answer.ts';
import { postRun, type postRunCancel } from '#rest/runs.ts';
import { createApiToken } from '#services/account/index.ts';
import type { Actor } from '#services/ground/index.ts';
import { openWorkbench } from './engine-rig.ts';

const url = 'http://127.0.0.1:3000';
const base = `${url}/api/v1/verification`;

/** A run that everything accepts, as it stands on the wire. */
export const runBody = {
  repo_url: 'https://github.com/owner/name',
  construct_id: 'alpha',
  oracle_url: 'https://oracle.example/ask',
};

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A request for what stands at this path. */
export const get = (path: string, headers: Record<string, string> = {}) =>
  new Request(`${base}${path}`, { headers });

/** The fields that an answer finds fault with. */
export const detail = async (response: Response) => {
  const { detail } = (await response.json()) as { detail: { field: string; message: string }[] };
  return detail;
};

const textOf = (payload: unknown) => (typeof payload === 'string' ? payload : JSON.stringify(payload));

/** A workbench with two users and their tokens behind the REST handlers; for all tests of a file, which closes it. */
export const openRestBench = async () => {
  const workbench = await openWorkbench();
  const { db, context: services } = workbench;
  const context: RestContext = {
    services,
    auth: { db, now: services.now, secret: 'x'.repeat(32), url, github: null },
  };
  const [a, b] = [await workbench.user(), await workbench.user()];
  const tokenOf = async ({ userId }: Actor) =>
    (await createApiToken(services, { userId, name: 'test' })).token;
  const tokens = { a: await tokenOf(a), b: await tokenOf(b) };

  const post = (payload: unknown, headers: Record<string, string> = bearer(tokens.a), on = context) =>
    postRun(
      on,
      new Request(`${base}/runs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: textOf(payload),
      }),
    );
  const onRun = (
    call: typeof postRunCancel,
    runId: string,
    payload?: unknown,
    headers: Record<string, string> = bearer(tokens.a),
  ) =>
    call(
      context,
      new Request(`${base}/runs/${runId}/x`, {
        method: 'POST',
        headers,
        ...(payload === undefined ? {} : { body: textOf(payload) }),
      }),
      runId,
    );
  return { workbench, context, a, b, tokens, post, onRun };
};
