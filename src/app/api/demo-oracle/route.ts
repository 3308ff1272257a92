import { oracleRequestSchema } from '#contracts/oracle.ts';
import { answerAsDemoOracle } from './oracle.ts';

export const dynamic = 'force-dynamic';

/** In bytes. Runs send diffs of up to 100 KB, escaped as JSON; this bounds what a stranger makes the server read. */
const maxBodyBytes = 1024 * 1024;

const refuse = (status: number, detail: unknown) => Response.json({ detail }, { status });

/** The demonstration oracle, over HTTP like any other (wire contract, "HTTP oracle"). It keeps nothing. */
export const POST = async (request: Request): Promise<Response> => {
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
  return Response.json(answerAsDemoOracle(parsed.data), { headers: { 'Cache-Control': 'no-store' } });
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
