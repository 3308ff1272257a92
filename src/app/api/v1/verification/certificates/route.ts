import { getComposition } from '#composition.ts';
import { getCertificates } from '#rest/certificates.ts';

export const GET = async (request: Request) => getCertificates(await getComposition(), request);
