import { getComposition } from '#composition.ts';
import { getCertificates } from '#rest/certificates.ts';

export const GET = (request: Request) => getCertificates(getComposition(), request);
