import { getComposition } from '#composition.ts';
import { getConstruct } from '#rest/certificates.ts';

type Route = { params: Promise<{ name: string }> };

export const GET = async (request: Request, { params }: Route) =>
  getConstruct(getComposition(), request, (await params).name);
