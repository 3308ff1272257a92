import { answerRequest } from './receive.ts';

export const dynamic = 'force-dynamic';

/** The good character, which the sample run asks. */
export const POST = (request: Request): Promise<Response> => answerRequest(request, 'good');
