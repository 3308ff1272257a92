import { certificateListInputSchema } from '#contracts/certificate.ts';
import { getPublicCertificate, listPublicCertificates } from '#services/certificate/index.ts';
import { answer, answering, parseInput, type RestContext } from './answer.ts';
import { readQuery } from './read.ts';

const listFields = Object.keys(certificateListInputSchema.shape);

/** `GET /api/v1/verification/certificates` */
export const getCertificates = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'public', async () => {
    const input = parseInput(certificateListInputSchema, readQuery(request, listFields));
    return answer(200, await listPublicCertificates(context.services, input), 'no-cache');
  });

/** `GET /api/v1/verification/certificates/{id}` */
export const getCertificateById = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'public', async () =>
    answer(200, await getPublicCertificate(context.services, id), 'public, max-age=60'),
  );
