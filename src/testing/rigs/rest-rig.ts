import type { RestContext } from '#rest/answer.ts';
import { postRun, type postRunCancel } from '#rest/runs.ts';
import { openRig } from './engine-rig.ts';
import { fullToken } from './full-token.ts';
import { authOf } from './open-to-all.ts';

const url = 'http://127.0.0.1:3000';
const base = `${url}/api/v1/verification`;

/** A run that everything accepts, in wire form. */
export const runBody = {
  repo_url: 'https://github.com/owner/name',
  construct_id: 'alpha',
  oracle_url: 'https://oracle.example/ask',
};

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A GET request for this path. */
export const get = (path: string, headers: Record<string, string> = {}) =>
  new Request(`${base}${path}`, { headers });

/** The fields that an answer reports as invalid. */
export const detail = async (response: Response) => {
  const { detail } = (await response.json()) as { detail: { field: string; message: string }[] };
  return detail;
};

const textOf = (payload: unknown) => (typeof payload === 'string' ? payload : JSON.stringify(payload));

/** A rig with two users, their tokens and the REST handlers, for all tests of a file. The file closes it. */
export const openRestRig = async () => {
  const rig = await openRig();
  const { context: services } = rig;
  const context: RestContext = { services, auth: authOf(services) };
  const [a, b] = [await rig.user(), await rig.user()];
  const tokens = { a: await fullToken(services, a), b: await fullToken(services, b) };

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
  return { rig, context, a, b, tokens, post, onRun };
};
