import { getComposition } from '#composition.ts';
import { postRevocation } from '#rest/certificates.ts';

type Route = { params: Promise<{ id: string }> };

export const POST = async (request: Request, { params }: Route) =>
  postRevocation(getComposition(), request, (await params).id);
