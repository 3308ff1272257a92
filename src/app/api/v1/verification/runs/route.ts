import { getComposition } from '#composition.ts';
import { getRuns, postRun } from '#rest/runs.ts';

export const GET = async (request: Request) => getRuns(await getComposition(), request);
export const POST = async (request: Request) => postRun(await getComposition(), request);
