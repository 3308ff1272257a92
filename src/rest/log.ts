import { getCheckpoint, getTile, getVerifierKeys } from '#services/log/index.ts';
import { answering, type RestContext } from './answer.ts';

/** The transparency log as C2SP's tlog-tiles serves it: text and bytes, not JSON. Errors are those of the API. */

const text = (body: string, caching: string) =>
  new Response(body, {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': caching },
  });

/** `GET /log/checkpoint`: it changes with every entry. */
export const getLogCheckpoint = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'public', async () =>
    text(await getCheckpoint(context.services), 'public, max-age=2'),
  );

/** `GET /log/vkey`: the keys that its checkpoints are verified with, one a line, old ones too. */
export const getLogKeys = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'public', async () =>
    text(await getVerifierKeys(context.services), 'public, max-age=60'),
  );

/**
 * `GET /log/tile/<L>/<N>[.p/<W>]` and `GET /log/tile/entries/<N>[.p/<W>]`. A tile never changes, a partial one neither.
 * @param path below `/log/tile/`.
 */
export const getLogTile = (context: RestContext, request: Request, path: string): Promise<Response> =>
  answering(context, request, 'public', async () => {
    const bytes = await getTile(context.services, `tile/${path}`);
    return new Response(Uint8Array.from(bytes), {
      headers: {
        'content-type': 'application/octet-stream',
        'cache-control': 'public, max-age=31536000, immutable',
      },
    });
  });
