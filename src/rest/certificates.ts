import { certificateListInputSchema } from '#contracts/certificate.ts';
import { disputeRequestSchema, revocationRequestSchema } from '#contracts/certificate-standing.ts';
import { attemptListInputSchema } from '#contracts/construct.ts';
import { getPublicAudit } from '#services/audit/index.ts';
import {
  closeDispute,
  getDisputeOpening,
  getPublicCertificate,
  listAttempts,
  listPublicCertificates,
  openDispute,
  removeDisputeText,
  revokeCertificate,
} from '#services/certificate/index.ts';
import { answer, answering, parseInput, type RestContext } from './answer.ts';
import { readFields, readJson } from './read.ts';
import { WireError } from './wire-error.ts';

/** Where the signed document, its signature and its evidence are (RFC 8288). */
const filesLink = (id: string) =>
  [
    [`/certificates/${id}.json`, 'describedby', 'application/json'],
    [`/certificates/${id}.jws`, 'describedby', 'application/jose'],
    [`/certificates/${id}/evidence.jsonl`, 'item', 'application/jsonl'],
  ]
    .map(([address, relation, type]) => `<${address}>; rel="${relation}"; type="${type}"`)
    .join(', ');

const listFields = Object.keys(certificateListInputSchema.shape);

/** `GET /api/v1/verification/certificates` */
export const getCertificates = (context: RestContext, request: Request): Promise<Response> =>
  answering(
    context,
    request,
    'public',
    async (_, query) => {
      const input = parseInput(certificateListInputSchema, query);
      return answer(200, await listPublicCertificates(context.services, input), 'no-cache');
    },
    listFields,
  );

/** `GET /api/v1/verification/certificates/{id}` */
export const getCertificateById = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'public', async () =>
    // What was signed never changes, but a revocation is seen at once.
    answer(200, await getPublicCertificate(context.services, id), 'no-cache', {
      link: filesLink(id),
    }),
  );

/** `GET /api/v1/verification/certificates/{id}/audit` */
export const getCertificateAudit = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'public', async () =>
    answer(200, await getPublicAudit(context.services, id), 'no-cache'),
  );

/** The path names the certificate. */
const revocationBodySchema = revocationRequestSchema.omit({ id: true });
const revocationFields = Object.keys(revocationBodySchema.shape);

/** `POST /api/v1/verification/certificates/{id}/revoke` */
export const postRevocation = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'certificates:write', async (actor) => {
    const body = parseInput(revocationBodySchema, readFields(await readJson(request), revocationFields));
    return answer(200, await revokeCertificate(context.services, actor, { ...body, id }), 'no-store');
  });

const disputeBodySchema = disputeRequestSchema.omit({ id: true });
const disputeFields = Object.keys(disputeBodySchema.shape);

/** `POST /api/v1/verification/certificates/{id}/dispute` */
export const postDispute = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'certificates:write', async (actor) => {
    const body = parseInput(disputeBodySchema, readFields(await readJson(request), disputeFields));
    return answer(200, await openDispute(context.services, actor, { ...body, id }), 'no-store');
  });

/** `POST /api/v1/verification/disputes/{id}/close` */
export const postDisputeClose = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'certificates:write', async (actor) =>
    answer(200, await closeDispute(context.services, actor, id), 'no-store'),
  );

/** `DELETE /api/v1/verification/disputes/{id}/text` */
export const deleteDisputeText = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'certificates:write', async (actor) =>
    answer(200, await removeDisputeText(context.services, actor, id), 'no-store'),
  );

/** `GET /api/v1/verification/disputes/{id}/text`: byte for byte what the log's entry commits to. */
export const getDisputeText = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'public', async () => {
    const opening = await getDisputeOpening(context.services, id);
    if (opening === null) throw new WireError(410, 'The words of this dispute were removed.');
    return new Response(opening, {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-cache' },
    });
  });

const attemptFields = Object.keys(attemptListInputSchema.omit({ name: true }).shape);

/** `GET /api/v1/verification/constructs/{name}`: every attempt under a construct's name, with its outcome. */
export const getConstruct = (context: RestContext, request: Request, name: string): Promise<Response> =>
  answering(
    context,
    request,
    'public',
    async (_, query) => {
      const input = parseInput(attemptListInputSchema, { ...query, name });
      return answer(200, await listAttempts(context.services, input), 'no-cache');
    },
    attemptFields,
  );
