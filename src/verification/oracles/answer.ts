import { type ParseError, parse } from 'jsonc-parser';
import { isObject } from '#contracts/json.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import { cutText, storableText } from '#contracts/text.ts';
import { type ReportedError, reportedError } from '../foreign/answer-status.ts';

/**
 * `detail` names the place of an error, never the text there, or says what the oracle sent in place of an answer. It is
 * for the run's owner. `reported`: the oracle sent an error whose code is known.
 */
type Malformed = { ok: false; detail: string; reported?: ReportedError };
export type ReadAnswer = { ok: true; answer: OracleAnswer } | Malformed;

/** Parses a body that must be JSON in UTF-8. Never throws: `detail` says where the JSON is broken. */
export function parseJsonBody(bytes: Uint8Array): { ok: true; value: unknown } | Malformed {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return malformed('The answer is not valid UTF-8.');
  }
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return malformed(`The answer is not valid JSON: ${placeOfError(text)}.`);
  }
}

/**
 * Parses the body of an oracle's answer (wire contract, "HTTP oracle"). Never throws: anything else is malformed, and
 * `detail` says where the JSON is broken or which field has the wrong type.
 */
export function parseOracleAnswer(bytes: Uint8Array): ReadAnswer {
  const read = parseJsonBody(bytes);
  return read.ok ? readOracleAnswer(read.value) : read;
}

const fields = ['summary', 'key_claims', 'follow_up_response'] as const;
const wrappers = ['answer', 'data', 'result', 'output'];

const isFilled = (value: unknown) =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  value !== '' &&
  !(Array.isArray(value) && value.length === 0);

/** An optional field that is null is absent. */
const isPresent = (value: unknown) => value !== undefined && value !== null;

/** Whether an object is an answer: it has an answer field, and no error in place of what the fields should say. */
const isAnswer = (value: unknown): value is Record<string, unknown> =>
  isObject(value) &&
  fields.some((field) => Object.hasOwn(value, field) && isPresent(value[field])) &&
  (fields.some((field) => isFilled(value[field])) || !isFilled(value.error));

/** The answer that a value is or that one wrapper holds, or null (wire contract, "HTTP oracle"). */
export const answerObject = (value: unknown): Record<string, unknown> | null => {
  if (!isObject(value)) return null;
  if (isAnswer(value)) return value;
  const wrapper = wrappers.find((name) => Object.hasOwn(value, name) && isAnswer(value[name]));
  return wrapper === undefined ? null : (value[wrapper] as Record<string, unknown>);
};

/**
 * Reads an oracle's answer that is already a value. Absent fields are empty, and null reads as absent; all others must
 * have their type. The text that is judged must be the text that is stored.
 */
export function readOracleAnswer(value: unknown): ReadAnswer {
  const found = answerObject(value);
  if (found === null) return noAnswer(value);
  const summary = found.summary ?? '';
  const claims = found.key_claims ?? [];
  const response = found.follow_up_response ?? '';
  const metadata = found.metadata ?? {};
  if (typeof summary !== 'string') return wrongType('summary', 'a string', summary);
  if (typeof response !== 'string') return wrongType('follow_up_response', 'a string', response);
  if (!isObject(metadata)) return wrongType('metadata', 'an object', metadata);
  if (!Array.isArray(claims)) return wrongType('key_claims', 'an array', claims);
  const keyClaims: OracleAnswer['keyClaims'] = [];
  for (const [index, item] of claims.entries()) {
    const path = `key_claims[${index}]`;
    if (typeof item === 'string') {
      keyClaims.push({ claim: storableText(item), confidence: null });
      continue;
    }
    if (!isObject(item)) return wrongType(path, 'a string or {claim, confidence}', item);
    const { claim } = item;
    const confidence = item.confidence ?? null;
    if (typeof claim !== 'string') return wrongType(`${path}.claim`, 'a string', claim);
    if (confidence !== null && (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1))) {
      return wrongType(`${path}.confidence`, 'a number from 0 to 1', confidence);
    }
    keyClaims.push({ claim: storableText(claim), confidence });
  }
  return {
    ok: true,
    answer: { summary: storableText(summary), keyClaims, followUpResponse: storableText(response) },
  };
}

/** Why a value is no answer, and the error that it reports. */
function noAnswer(value: unknown): Malformed {
  const reported = reportedError(value);
  const held = heldIn(value);
  return {
    ok: false,
    detail: isObject(value)
      ? `The answer has none of the fields ${fields.join(', ')}: ${held}.`
      : `The answer must be a JSON object; ${held}.`,
    ...(reported !== null && { reported }),
  };
}

const errorMembers = ['error', 'errors', 'detail', 'message', 'title', 'reason'];
const longestHeld = 200;
const mostNames = 5;

/** Text of the oracle's on one line, without characters that format or control, and not long. */
const quoted = (text: string, longest: number) =>
  `“${cutText(
    text
      .slice(0, 4 * longest)
      .replace(/[\p{C}\p{Z}]+/gu, ' ')
      .trim(),
    longest,
    '…',
  )}”`;

const messageIn = (value: unknown): string | null => {
  const held: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof held === 'string' || typeof held === 'number') return String(held);
  if (!isObject(held)) return null;
  const inner = held.message ?? held.detail ?? held.msg ?? held.code ?? held.type;
  return typeof inner === 'string' || typeof inner === 'number' ? String(inner) : null;
};

/**
 * What a value holds in place of an answer, in few words for the run's owner: its error's message, else the names of
 * its members.
 */
export function heldIn(value: unknown): string {
  if (!isObject(value)) return `it is ${typeName(value)}`;
  for (const member of errorMembers) {
    const message = isFilled(value[member]) ? messageIn(value[member]) : null;
    if (message !== null) return `it holds ${member} ${quoted(message, longestHeld)}`;
  }
  const names = Object.keys(value);
  if (names.length === 0) return 'it is an empty object';
  const shown = names.slice(0, mostNames).map((name) => quoted(name, 40));
  return `it holds ${shown.join(', ')}${names.length > mostNames ? ` and ${names.length - mostNames} more` : ''}`;
}

const malformed = (detail: string): Malformed => ({ ok: false, detail });

const wrongType = (path: string, expected: string, found: unknown) =>
  malformed(`${path} must be ${expected}; it is ${typeName(found)}.`);

function typeName(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function placeOfError(text: string): string {
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { disallowComments: true });
  } catch {
    // The parser that finds the place is recursive. JSON.parse, which decides, has no depth limit.
    return 'error inside deeply nested brackets';
  }
  const offset = errors[0]?.offset;
  if (offset === undefined || offset >= text.length) return 'it ends too early';
  const before = text.slice(0, offset).split('\n');
  return `error at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
