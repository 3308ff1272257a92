import { retryAfterMs } from '#contracts/http.ts';
import { isObject, parseJson } from '#contracts/json.ts';
import { type ReportedError, reportedError } from '../../../foreign/answer-status.ts';
import { readCompletion } from '../../../foreign/completion.ts';

/** Enough of a body to see what an error is about. */
const longestText = 4000;

/** A short name for an error, and no sentence, which could repeat what was sent. */
const codeName = /^[A-Za-z][A-Za-z_]{0,39}$/;

const codeIn = (value: unknown): string | null => {
  const place = isObject(value) && isObject(value.error) ? value.error : value;
  if (!isObject(place)) return null;
  const names = [place.code, place.type, place.status].filter(
    (name): name is string => typeof name === 'string' && codeName.test(name),
  );
  return names[0] ?? null;
};

/** Says to the vendor's client that the same request will be refused again. */
const final = 'x-should-retry';

/** The sentence in an endpoint's error, wherever it puts it; the whole text where there is none. */
export const sentenceIn = (said: string): string => {
  const body = parseJson(said);
  const error = isObject(body) ? (body.error ?? body) : null;
  const sentence = isObject(error) ? (error.message ?? error.detail) : error;
  return typeof sentence === 'string' ? sentence : said;
};

/** An endpoint that speaks of these refuses the form of the answer, or how it was asked for. */
const aboutForm =
  /response[_ .-]?format|json[_ ]?(?:schema|object|mode)|structured[_ ]output|guided[_ ]|grammar|requested parameters/i;

/** Whether an endpoint's own words are about the form of the answer. */
export const speaksOfForm = (said: string): boolean => aboutForm.test(said);

/** Whether they are about the name under which the longest answer was stated. */
export const speaksOfLength = (said: string): boolean => /max_(?:completion_)?tokens/.test(said);

/** The longest answer that they allow, if they say so. */
export const longestIn = (said: string): number | null => {
  const bound =
    /(?:at most|no more than|less than or equal to|<=|\[1, ?|maximum (?:value )?(?:of|is))\s*[`'"]?(\d{2,6})\b/i.exec(
      said,
    );
  return speaksOfLength(said) && bound !== null ? Number(bound[1]) : null;
};

/** Whether they are about the role of the instructions, which the templates of some models do not have. */
export const speaksOfSystemRole = (said: string): boolean =>
  /system (?:role|message|prompt)s?[^.]{0,40}not (?:be )?(?:supported|allowed)|roles? must alternate|only supports? [^.]{0,20}user/i.test(
    said,
  );

/** Some servers send JSON as text, which the SDK would not parse. */
const asJson = (
  { headers }: Response,
  body: string,
  status = 200,
  more: Record<string, string> = {},
): Response =>
  new Response(body, {
    status,
    headers: { ...Object.fromEntries(headers), 'content-type': 'application/json', ...more },
  });

const asError = (
  response: Response,
  status: number,
  { body, code, passes }: { body: string; code: string | null; passes: boolean },
): Response => {
  const error = { message: body.slice(0, longestText), code };
  return asJson(response, JSON.stringify({ error }), status, passes ? {} : { [final]: 'false' });
};

/** The status that an error stands for. A used-up quota comes with 429, but no wait helps. */
const statusOf = (reported: ReportedError): number =>
  reported.kind === 'quota_exhausted' ? 402 : reported.status;

/** Statuses of errors that are there again at the next request. */
const lasting = new Set([501, 505]);

/** The SDK obeys no longer wait, and would ask again too soon. What cannot be asked for now is waited for elsewhere. */
const longestWaitMs = 60_000;
const asksForLongWait = ({ headers }: Response, now: number): boolean =>
  (retryAfterMs(headers, now) ?? 0) > longestWaitMs;

/**
 * A response as the vendor's client reads it: an error that came with status 200 gets the status that it stands for, and
 * every error is written in one way. So the client retries what passes, whichever server wrote it.
 */
export const understood = (response: Response, body: string, now: number): Response => {
  const value = parseJson(body);
  if (response.ok) {
    const completion = readCompletion(value);
    if (completion.kind === 'reported') {
      const status = statusOf(completion.reported);
      return asError(response, status, { body, code: codeIn(value), passes: !lasting.has(status) });
    }
    // An error without a known code may pass.
    if (completion.kind === 'error')
      return asError(response, 500, { body, code: codeIn(value), passes: true });
    return isObject(value) ? asJson(response, body) : response;
  }
  const { status } = response;
  if (status < 400) return response;
  const reported = reportedError(value);
  const isSpent = status === 429 && reported?.kind === 'quota_exhausted';
  // Some servers answer 400 to a model that they do not have.
  const isUnknown = status === 400 && reported?.kind === 'status' && reported.status === 404;
  return asError(response, isSpent ? 402 : isUnknown ? 404 : status, {
    body,
    code: codeIn(value),
    passes: !lasting.has(status) && !asksForLongWait(response, now) && !(status >= 500 && speaksOfForm(body)),
  });
};
