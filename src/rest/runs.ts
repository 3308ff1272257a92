import { clientHeader } from '#contracts/client-header.ts';
import { AppError } from '#contracts/errors.ts';
import { type Continuation, runListInputSchema } from '#contracts/run.ts';
import { continueRequestSchema, runRequestSchema } from '#contracts/run-request.ts';
import { cancelRun, continueRun, createRun, getRun, listRuns, type RunCreated } from '#services/run/index.ts';
import { answer, answering, parseInput, type RestContext } from './answer.ts';
import { readFields, readJson, readOptionalJson } from './read.ts';

const requestFields = Object.keys(runRequestSchema.shape);
const listFields = Object.keys(runListInputSchema.shape);

/** The path names the run. A malformed id counts as unknown. */
const continueBodySchema = continueRequestSchema.omit({ id: true });
const continueFields = Object.keys(continueBodySchema.shape);

/** The client's, as the server's entry names it. */
const addressOf = ({ headers }: Request): string | null => headers.get(clientHeader);

/** A new run, and where to read it. */
const answerCreated = (created: RunCreated): Response =>
  answer(201, created, 'no-store', { location: `/api/v1/verification/runs/${created.runId}` });

/** `POST /api/v1/verification/runs` */
export const postRun = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'runs:write', async (actor) => {
    const input = parseInput(runRequestSchema, readFields(await readJson(request), requestFields));
    return answerCreated(await createRun(context.services, actor, input, addressOf(request)));
  });

/** `GET /api/v1/verification/runs` */
export const getRuns = (context: RestContext, request: Request): Promise<Response> =>
  answering(
    context,
    request,
    'runs:read',
    async (actor, query) => {
      const input = parseInput(runListInputSchema, query);
      return answer(200, await listRuns(context.services, actor, input), 'no-store');
    },
    listFields,
  );

/** `GET /api/v1/verification/runs/{run_id}` */
export const getRunById = (context: RestContext, request: Request, runId: string): Promise<Response> =>
  answering(context, request, 'runs:read', async (actor) => {
    return answer(200, await getRun(context.services, actor, runId), 'no-store');
  });

/** `POST /api/v1/verification/runs/{run_id}/cancel` */
export const postRunCancel = (context: RestContext, request: Request, runId: string): Promise<Response> =>
  answering(context, request, 'runs:write', async (actor) => {
    return answer(200, await cancelRun(context.services, actor, runId), 'no-store');
  });

/** Verbs call the run `id`, REST calls it `run_id`. */
const namingTheRun = (error: unknown): never => {
  if (!(error instanceof AppError) || error.fields.length === 0) throw error;
  const fields = error.fields.map(({ path, message }) => ({ path: path === 'id' ? 'runId' : path, message }));
  throw new AppError(error.code, error.message, fields);
};

const postContinuation = (context: RestContext, request: Request, runId: string, how: Continuation) =>
  answering(context, request, 'runs:write', async (actor) => {
    const body = parseInput(continueBodySchema, readFields(await readOptionalJson(request), continueFields));
    const created = await continueRun(
      context.services,
      actor,
      how,
      { ...body, id: runId },
      addressOf(request),
    ).catch(namingTheRun);
    return answerCreated(created);
  });

/** `POST /api/v1/verification/runs/{run_id}/resume`: continues the same attempt in a new run. */
export const postRunResume = (context: RestContext, request: Request, runId: string): Promise<Response> =>
  postContinuation(context, request, runId, 'resume');

/** `POST /api/v1/verification/runs/{run_id}/retry`: starts a new attempt on the same ground truth. */
export const postRunRetry = (context: RestContext, request: Request, runId: string): Promise<Response> =>
  postContinuation(context, request, runId, 'retry');
