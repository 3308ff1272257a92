import { getComposition } from '#composition.ts';
import { deleteDisputeText, getDisputeText } from '#rest/certificates.ts';

type Route = { params: Promise<{ id: string }> };

export const GET = async (request: Request, { params }: Route) =>
  getDisputeText(getComposition(), request, (await params).id);

export const DELETE = async (request: Request, { params }: Route) =>
  deleteDisputeText(getComposition(), request, (await params).id);
