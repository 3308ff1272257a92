import { getComposition } from '#composition.ts';
import { getRunById } from '#rest/runs.ts';

type Route = { params: Promise<{ run_id: string }> };

export const GET = async (request: Request, { params }: Route) =>
  getRunById(getComposition(), request, (await params).run_id);
