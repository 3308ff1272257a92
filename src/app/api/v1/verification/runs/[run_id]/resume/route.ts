import { getComposition } from '#composition.ts';
import { postRunResume } from '#rest/runs.ts';

type Route = { params: Promise<{ run_id: string }> };

export const POST = async (request: Request, { params }: Route) =>
  postRunResume(getComposition(), request, (await params).run_id);
