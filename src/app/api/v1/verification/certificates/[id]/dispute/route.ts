import { getComposition } from '#composition.ts';
import { postDispute } from '#rest/certificates.ts';

type Route = { params: Promise<{ id: string }> };

export const POST = async (request: Request, { params }: Route) =>
  postDispute(getComposition(), request, (await params).id);
