import { getComposition } from '#composition.ts';
import { postRunCancel } from '#rest/runs.ts';

type Route = { params: Promise<{ run_id: string }> };

export const POST = async (request: Request, { params }: Route) =>
  postRunCancel(getComposition(), request, (await params).run_id);
