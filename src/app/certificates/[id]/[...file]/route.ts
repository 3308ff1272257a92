import { getComposition } from '#composition.ts';
import { getCertificateFile } from '#rest/certificate-files.ts';

type Route = { params: Promise<{ id: string; file: string[] }> };

export const GET = async (request: Request, { params }: Route) => {
  const { id, file } = await params;
  return getCertificateFile(getComposition(), request, id, file);
};
