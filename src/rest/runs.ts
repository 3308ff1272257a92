import { restRunRequestSchema, runListInputSchema } from '#contracts/run.ts';
import { createRun } from '#services/run/create.ts';
import { getRun } from '#services/run/get.ts';
import { listRuns } from '#services/run/list.ts';
import { answer, answering, parseInput, type RestContext, requireActor } from './answer.ts';
import { fromWire, readJson, readQuery } from './read.ts';

const requestFields = Object.keys(restRunRequestSchema.shape);
const listFields = Object.keys(runListInputSchema.shape);

/** `POST /api/v1/verification/runs` */
export const postRun = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, async () => {
    const actor = await requireActor(context, request);
    const input = parseInput(restRunRequestSchema, fromWire(await readJson(request), requestFields));
    return answer(201, await createRun(context.services, actor, input), 'no-store');
  });

/** `GET /api/v1/verification/runs` */
export const getRuns = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, async () => {
    const actor = await requireActor(context, request);
    const input = parseInput(runListInputSchema, readQuery(request, listFields));
    return answer(200, await listRuns(context.services, actor, input), 'no-store');
  });

/** `GET /api/v1/verification/runs/{run_id}` */
export const getRunById = (context: RestContext, request: Request, runId: string): Promise<Response> =>
  answering(context, request, async () => {
    const actor = await requireActor(context, request);
    return answer(200, await getRun(context.services, actor, runId), 'no-store');
  });
