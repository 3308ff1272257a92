import { getComposition } from '#composition.ts';
import { deleteSessions, getSessions } from '#rest/account.ts';

export const GET = (request: Request) => getSessions(getComposition(), request);
export const DELETE = (request: Request) => deleteSessions(getComposition(), request);
