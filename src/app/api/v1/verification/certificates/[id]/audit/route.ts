import { getComposition } from '#composition.ts';
import { getCertificateAudit } from '#rest/certificates.ts';

type Route = { params: Promise<{ id: string }> };

export const GET = async (request: Request, { params }: Route) =>
  getCertificateAudit(getComposition(), request, (await params).id);
