import { type ParseError, parse } from 'jsonc-parser';
import { isObject } from '#contracts/json.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import { storableText } from '#contracts/text.ts';

/** `detail` names the place of the error, never the text there: it may be from a private repository. */
type Malformed = { ok: false; detail: string };
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

/**
 * Reads an oracle's answer that is already a value. Absent fields are empty; all others must have their type. The text
 * that is judged must be the text that is stored.
 */
export function readOracleAnswer(value: unknown): ReadAnswer {
  if (!isObject(value)) {
    return malformed(`The answer must be a JSON object; it is ${typeName(value)}.`);
  }
  const { summary = '', key_claims: claims = [], follow_up_response: response = '', metadata = {} } = value;
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
    const { claim, confidence } = item;
    if (typeof claim !== 'string') return wrongType(`${path}.claim`, 'a string', claim);
    if (confidence === undefined) {
      keyClaims.push({ claim: storableText(claim), confidence: null });
      continue;
    }
    if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1)) {
      return wrongType(`${path}.confidence`, 'a number from 0 to 1', confidence);
    }
    keyClaims.push({ claim: storableText(claim), confidence });
  }
  return {
    ok: true,
    answer: { summary: storableText(summary), keyClaims, followUpResponse: storableText(response) },
  };
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
