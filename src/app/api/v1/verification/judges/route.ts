import { getComposition } from '#composition.ts';
import { getJudges } from '#rest/judges.ts';

export const GET = (request: Request) => getJudges(getComposition(), request);
