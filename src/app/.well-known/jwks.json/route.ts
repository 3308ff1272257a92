import { getComposition } from '#composition.ts';
import { getCertificateKeys } from '#rest/certificate-files.ts';

export const GET = (request: Request) => getCertificateKeys(getComposition(), request);
