import { getComposition } from '#composition.ts';
import { postRunRetry } from '#rest/runs.ts';

type Route = { params: Promise<{ run_id: string }> };

export const POST = async (request: Request, { params }: Route) =>
  postRunRetry(getComposition(), request, (await params).run_id);
