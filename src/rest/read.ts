import { AppError } from '#contracts/errors.ts';
import { mostNamed, shownName } from '#contracts/field-issues.ts';
import { readBody } from '#contracts/http.ts';
import { isObject } from '#contracts/json.ts';
import { bodyTooLarge, maxBodyBytes } from '#contracts/request.ts';
import { wireName } from '#contracts/wire.ts';
import { WireError } from './wire-error.ts';

const readBytes = async (request: Request): Promise<Uint8Array> => {
  const bytes = await readBody(request, maxBodyBytes);
  if (bytes === null) throw new WireError(413, bodyTooLarge);
  return bytes;
};

const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new WireError(400, 'The body is not JSON (in UTF-8).');
  }
};

/**
 * The body as JSON.
 * @throws WireError 413 or 400.
 */
export const readJson = async (request: Request): Promise<unknown> => parseJson(await readBytes(request));

/**
 * The body as JSON of a request that needs none: an empty body is an object without fields.
 * @throws WireError 413 or 400.
 */
export const readOptionalJson = async (request: Request): Promise<unknown> => {
  const bytes = await readBytes(request);
  return bytes.length === 0 ? {} : parseJson(bytes);
};

const refuseUnknown = (given: string[], fields: readonly string[], what: 'field' | 'parameter') => {
  const known = fields.map((field) => wireName(field));
  const unknown = [...new Set(given)]
    .filter((name) => !known.includes(name))
    .slice(0, mostNamed)
    .map(shownName);
  if (unknown.length === 0) return;
  const others = known.length === 0 ? 'It takes none.' : `Known ${what}s: ${known.join(', ')}.`;
  throw new AppError(
    'BAD_REQUEST',
    `Unknown ${what}s: ${unknown.join(', ')}.`,
    unknown.map((path) => ({ path, message: `${path} is not a ${what} of this request. ${others}` })),
  );
};

/**
 * The named fields of a JSON object, from their names on the wire. Only its top-level keys are names; deeper ones, such
 * as header names, are data. Null counts as absent, because many clients send it. An unknown field is refused: it may be
 * a mistyped cost limit.
 * @throws AppError BAD_REQUEST naming each such field.
 */
export const readFields = (body: unknown, fields: readonly string[]): Record<string, unknown> => {
  if (!isObject(body)) throw new AppError('BAD_REQUEST', 'The body must be a JSON object.');
  refuseUnknown(Object.keys(body), fields, 'field');
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = body[wireName(field)];
      return value === undefined || value === null ? [] : [[field, value]];
    }),
  );
};

/**
 * The named parameters of a query. An empty one counts as absent. Integer limits and offsets become numbers. An unknown
 * parameter is refused: it may be a mistyped filter, and the list would be another one.
 * @throws AppError BAD_REQUEST naming each such parameter.
 */
export const readQuery = (request: Request, fields: readonly string[]): Record<string, unknown> => {
  const { searchParams } = new URL(request.url);
  refuseUnknown([...searchParams.keys()], fields, 'parameter');
  return Object.fromEntries(
    fields.flatMap((field): [string, unknown][] => {
      const text = searchParams.get(wireName(field));
      if (text === null || text === '') return [];
      const isNumber = (field === 'limit' || field === 'offset') && /^-?\d{1,15}$/.test(text);
      return [[field, isNumber ? Number(text) : text]];
    }),
  );
};
