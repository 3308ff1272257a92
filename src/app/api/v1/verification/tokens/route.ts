import { getComposition } from '#composition.ts';
import { getTokens, postToken } from '#rest/account.ts';

export const GET = (request: Request) => getTokens(getComposition(), request);
export const POST = (request: Request) => postToken(getComposition(), request);
