import { getComposition } from '#composition.ts';
import { deleteToken } from '#rest/account.ts';

type Context = { params: Promise<{ id: string }> };

export const DELETE = async (request: Request, { params }: Context) =>
  deleteToken(getComposition(), request, (await params).id);
