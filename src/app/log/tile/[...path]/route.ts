import { getComposition } from '#composition.ts';
import { getLogTile } from '#rest/log.ts';

type Route = { params: Promise<{ path: string[] }> };

export const GET = async (request: Request, { params }: Route) =>
  getLogTile(getComposition(), request, (await params).path.join('/'));
