import { getComposition } from '#composition.ts';
import { deleteSession } from '#rest/account.ts';

type Context = { params: Promise<{ id: string }> };

export const DELETE = async (request: Request, { params }: Context) =>
  deleteSession(getComposition(), request, (await params).id);
