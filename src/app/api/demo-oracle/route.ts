import { answerRequest } from './receive.ts';

export const dynamic = 'force-dynamic';

/** The demonstration oracle as the sample run asks it: the good one. */
export const POST = (request: Request): Promise<Response> => answerRequest(request, 'good');
