import { readBody } from '#contracts/http.ts';
import { oracleRequestSchema } from '#contracts/oracle.ts';
import { answerAsDemoOracle, type CharacterName } from './oracle.ts';

/** Runs send diffs of up to 100 KB, escaped as JSON. This bounds how much a stranger can make the server read. */
const maxBodyBytes = 1024 * 1024;

/** The demonstration oracle's errors have the same form as REST's. */
export const refuse = (status: number, detail: unknown) => Response.json({ detail }, { status });

/**
 * Answers one request over HTTP like any other oracle (wire contract, "HTTP oracle"), or refuses it with 400, 413 or
 * 422. It keeps nothing.
 */
export const answerRequest = async (request: Request, character: CharacterName): Promise<Response> => {
  const bytes = await readBody(request, maxBodyBytes);
  if (bytes === null) return refuse(413, `A request body may have at most ${maxBodyBytes} bytes.`);
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return refuse(400, 'The body is not JSON. Send {"pr": {…}, "follow_up_question": "…"}.');
  }
  const parsed = oracleRequestSchema.safeParse(body);
  if (!parsed.success) {
    return refuse(
      422,
      parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    );
  }
  return Response.json(answerAsDemoOracle(parsed.data, character), {
    headers: { 'Cache-Control': 'no-store' },
  });
};
