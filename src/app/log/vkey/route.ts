import { getComposition } from '#composition.ts';
import { getLogKeys } from '#rest/log.ts';

export const GET = (request: Request) => getLogKeys(getComposition(), request);
