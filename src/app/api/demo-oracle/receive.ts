import { oracleRequestSchema } from '#contracts/oracle.ts';
import { answerAsDemoOracle, type CharacterName } from './oracle.ts';

/** In bytes. Runs send diffs of up to 100 KB, escaped as JSON; this bounds what a stranger makes the server read. */
const maxBodyBytes = 1024 * 1024;

/** The error form of the demonstration oracle, the same as REST's. */
export const refuse = (status: number, detail: unknown) => Response.json({ detail }, { status });

/**
 * Answers one request over HTTP like any other oracle (wire contract, "HTTP oracle"), or refuses it with 400, 413 or
 * 422. It keeps nothing.
 */
export const answerRequest = async (request: Request, character: CharacterName): Promise<Response> => {
  const text = await readBody(request);
  if (text === null) return refuse(413, `The body may have ${maxBodyBytes} bytes at most.`);
  let body: unknown;
  try {
    body = JSON.parse(text);
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

/** The body as text, null where it is too large: a declared length is believed, an undeclared one is counted. */
async function readBody(request: Request): Promise<string | null> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) return null;
  if (request.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
