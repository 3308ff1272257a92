import { getComposition } from '#composition.ts';
import { getLogCheckpoint } from '#rest/log.ts';

export const GET = (request: Request) => getLogCheckpoint(getComposition(), request);
