import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
} from '@trpc/client';
import { EventSource } from 'eventsource';
import { mostCallsPerRequest } from '#contracts/request.ts';
import type { AppRouter } from '#trpc/root.ts';

/** How to reach an installation of Echelon Verify. */
export type EchelonClientOptions = {
  /** The installation's address, for example `https://verify.example.com`. A path is kept. */
  baseUrl: string;
  /**
   * A personal token (`echelon-verify token create`) that has the scopes of the calls you make. Without one only public
   * procedures work.
   */
  token?: string;
  /** A `fetch` to use instead of the runtime's, for example with a proxy or a time limit. */
  fetch?: typeof globalThis.fetch;
};

export type EchelonClient = TRPCClient<AppRouter>;

/**
 * A client whose calls and answers have the types of the server's router.
 *
 *     const echelon = createEchelonClient({ baseUrl: 'http://127.0.0.1:3000', token });
 *     const { runId } = await echelon.run.create.mutate({
 *       repoUrl: 'owner/name', constructId: 'my-oracle', oracleUrl: 'https://oracle.example.com/ask' });
 *     const run = await echelon.run.byId.query({ id: runId });
 *     // The run now and after each change, until it ends. A broken stream connects again.
 *     const { unsubscribe } = echelon.run.changes.subscribe({ id: runId }, {
 *       onData: ({ status, progress, total }) => console.log(status, progress, total),
 *       onError: ({ data }) => console.error(data?.code) });
 *
 *     if (run.can.cancel) await echelon.run.cancel.mutate({ id: runId });
 *     // A failed run is resumed or retried as a new one, and needs its secrets again.
 *     const oracleHeaders = { 'X-Api-Key': key };
 *     const resumed = await echelon.run.resume.mutate({ id: runId, oracleHeaders }); // the same attempt
 *     const retried = await echelon.run.retry.mutate({ id: runId, oracleHeaders }); // a new attempt, the same changes
 *
 * Calls made in the same tick travel in one request, up to 20 of them. A refused call rejects with `TRPCClientError`:
 * `data.code` is UNAUTHORIZED, NOT_FOUND, BAD_REQUEST, PRECONDITION_FAILED …, and `data.fields` says what is wrong
 * with the input.
 * @throws TypeError if `baseUrl` is not an http(s) address.
 */
export const createEchelonClient = ({ baseUrl, token, fetch }: EchelonClientOptions): EchelonClient => {
  const base = new URL(baseUrl);
  if (!/^https?:$/.test(base.protocol))
    throw new TypeError(`baseUrl must be an http or https address, not ${base.protocol}`);
  const url = `${base.origin}${base.pathname.replace(/\/+$/, '')}/api/trpc`;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const send = fetch ?? globalThis.fetch;
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        // Node has no EventSource, and a browser's sends no header.
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: {
            fetch: (input, init) => send(input, { ...init, headers: { ...init.headers, ...headers } }),
          },
        }),
        false: httpBatchLink({ url, maxItems: mostCallsPerRequest, headers, fetch: send }),
      }),
    ],
  });
};
