import { getComposition } from '#composition.ts';
import { getCertificateById } from '#rest/certificates.ts';

type Route = { params: Promise<{ id: string }> };

export const GET = async (request: Request, { params }: Route) =>
  getCertificateById(getComposition(), request, (await params).id);
