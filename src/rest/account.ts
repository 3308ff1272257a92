import { apiTokenRequestSchema } from '#contracts/account.ts';
import {
  createApiToken,
  endSession,
  endSessions,
  listApiTokens,
  listSessions,
  revokeApiToken,
} from '#services/account/index.ts';
import { answer, answering, parseInput, type RestContext } from './answer.ts';
import { readFields, readJson } from './read.ts';

const tokenFields = Object.keys(apiTokenRequestSchema.shape);

const noContent = () => new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });

/** `POST /api/v1/verification/tokens`: the only answer that holds the token. */
export const postToken = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'session', async ({ userId }) => {
    const input = parseInput(apiTokenRequestSchema, readFields(await readJson(request), tokenFields));
    return answer(201, await createApiToken(context.services, { userId, ...input }), 'no-store');
  });

/** `GET /api/v1/verification/tokens` */
export const getTokens = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'account', async (actor) =>
    answer(200, await listApiTokens(context.services, actor), 'no-store'),
  );

/** `DELETE /api/v1/verification/tokens/{id}` */
export const deleteToken = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'account', async (actor) => {
    await revokeApiToken(context.services, actor, id);
    return noContent();
  });

/** `GET /api/v1/verification/sessions` */
export const getSessions = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'account', async (actor) =>
    answer(200, await listSessions(context.services, actor), 'no-store'),
  );

/** `DELETE /api/v1/verification/sessions`: signs out everywhere, here too. Personal tokens stay. */
export const deleteSessions = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'account', async (actor) =>
    answer(200, await endSessions(context.services, actor), 'no-store'),
  );

/** `DELETE /api/v1/verification/sessions/{id}` */
export const deleteSession = (context: RestContext, request: Request, id: string): Promise<Response> =>
  answering(context, request, 'account', async (actor) => {
    await endSession(context.services, actor, id);
    return noContent();
  });
