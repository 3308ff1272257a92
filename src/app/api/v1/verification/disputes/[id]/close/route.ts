import { getComposition } from '#composition.ts';
import { postDisputeClose } from '#rest/certificates.ts';

type Route = { params: Promise<{ id: string }> };

export const POST = async (request: Request, { params }: Route) =>
  postDisputeClose(getComposition(), request, (await params).id);
