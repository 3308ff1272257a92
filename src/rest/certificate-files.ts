import { AppError } from '#contracts/errors.ts';
import {
  getBundle,
  getEvidence,
  getOpenings,
  getProvenLine,
  getSignature,
  getSignedDocument,
  getTlogProof,
} from '#services/certificate/index.ts';
import { getKeySet } from '#services/log/index.ts';
import { answering, type RestContext } from './answer.ts';

/**
 * A certificate's files as a stranger checks them: bytes that never change, apart from the API's JSON. Errors are those
 * of the API.
 */

/** They hold the newest checkpoint. */
const recent = 'public, max-age=2';
const never = 'public, max-age=31536000, immutable';

const file = (body: BodyInit, type: string, caching = never) =>
  new Response(body, { headers: { 'content-type': type, 'cache-control': caching } });

/** Read as fast as it is sent, so that a slow reader holds neither a connection nor the whole file. */
const streamed = (lines: AsyncGenerator<string>): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: async () => {
      await lines.return(undefined);
    },
  });
};

type Serve = (context: RestContext, id: string) => Promise<Response>;

const jsonLines = 'application/jsonl; charset=utf-8';

const files: Record<string, Serve> = {
  json: async ({ services }, id) => file(await getSignedDocument(services, id), 'application/json'),
  jws: async ({ services }, id) => file(await getSignature(services, id), 'application/jose'),
  bundle: async ({ services }, id) =>
    file(JSON.stringify(await getBundle(services, id)), 'application/json', recent),
  'tlog-proof': async ({ services }, id) =>
    file(await getTlogProof(services, id), 'text/plain; charset=utf-8', recent),
  'evidence.jsonl': async ({ services }, id) => file(streamed(await getEvidence(services, id)), jsonLines),
  'openings.jsonl': async ({ services }, id) => file(streamed(await getOpenings(services, id)), jsonLines),
};

const provenLine = async ({ services }: RestContext, id: string, place: string) =>
  file(JSON.stringify(await getProvenLine(services, id, place)), 'application/json');

/**
 * `GET /certificates/{id}.json`, `.jws`, `.bundle`, `.tlog-proof`, `/certificates/{id}/evidence.jsonl`, `/openings.jsonl`, and one replay's line
 * with its proof at `/certificates/{id}/evidence/{place}`.
 * @param path what follows the id, split at slashes.
 */
export const getCertificateFile = (
  context: RestContext,
  request: Request,
  id: string,
  path: string[],
): Promise<Response> =>
  answering(context, request, 'public', async () => {
    const [name = '', place, ...rest] = path;
    if (name === 'evidence' && place !== undefined && rest.length === 0)
      return provenLine(context, id, place);
    const serve = Object.hasOwn(files, name) && place === undefined ? files[name] : undefined;
    if (serve === undefined) throw new AppError('NOT_FOUND', 'A certificate has no such file.');
    return serve(context, id);
  });

/** `GET /.well-known/jwks.json`: the keys that certificates are signed with, old ones too. */
export const getCertificateKeys = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'public', async () =>
    file(JSON.stringify(await getKeySet(context.services)), 'application/jwk-set+json', 'public, max-age=60'),
  );
