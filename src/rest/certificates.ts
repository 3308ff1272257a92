import { certificateListInputSchema } from '#contracts/certificate.ts';
import { getPublicAudit } from '#services/audit/index.ts';
import { getPublicCertificate, listPublicCertificates } from '#services/certificate/index.ts';
import { answer, answering, parseInput, type RestContext } from './answer.ts';

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
    answer(200, await getPublicCertificate(context.services, id), 'public, max-age=60', {
      link: filesLink(id),
    }),
  );

/** `GET /api/v1/verification/certificates/{id}/audit` */
export const getCertificateAudit = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'public', async () =>
    answer(200, await getPublicAudit(context.services, id), 'no-cache'),
  );
