import { tokenScopes } from '#contracts/account.ts';
import { createApiToken } from '#services/account/index.ts';
import type { Actor, ServiceContext } from '#services/ground/index.ts';

/** A personal token of this user that may do all that tokens may. */
export const fullToken = async (
  context: Pick<ServiceContext, 'db' | 'log'>,
  { userId }: Actor,
): Promise<string> =>
  (await createApiToken(context, { userId, name: 'test', scopes: [...tokenScopes] })).token;
