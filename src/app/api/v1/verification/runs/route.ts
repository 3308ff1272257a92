import { getComposition } from '#composition.ts';
import { getRuns, postRun } from '#rest/runs.ts';

export const GET = (request: Request) => getRuns(getComposition(), request);
export const POST = (request: Request) => postRun(getComposition(), request);
