import { isObject } from '#contracts/json.ts';
import { parseOracleAnswer, type ReadAnswer, readOracleAnswer } from './answer.ts';

/** Text can contain any number of braces that start nothing. At most this many candidate objects are tried. */
const maxCandidates = 50;

const fields = ['summary', 'key_claims', 'follow_up_response'];
const fieldName = new RegExp(`"(?:${fields.join('|')})"`);

/** True for an object with an answer field (wire contract, "HTTP oracle"). */
export const hasAnswerField = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && fields.some((field) => Object.hasOwn(value, field));

/**
 * Reads an oracle's answer from text that a model or a tool wrote. It tries the whole text, or the content of the code
 * fence around it, as a JSON object, then the first JSON object in the text with an answer field. Text that starts such
 * an object and breaks it is malformed. Any other text is an answer in prose and becomes the summary: a refusal in
 * words is judged like any other answer (methodology, "Two words are kept apart").
 */
export function readAnswerInText(written: string): ReadAnswer {
  // Some servers leave a model's reasoning before its answer. Drafts in it do not count.
  const text = written.replace(/^\s*<think>[\s\S]*?<\/think>/, '').trim();
  if (text === '') return { ok: false, detail: 'The answer contains no text.' };
  const enclosed = withoutFence(text);
  const whole = parseObject(enclosed);
  if (whole !== null) return readOracleAnswer(whole);
  const found = firstAnswerObject(text);
  if (found !== null) return readOracleAnswer(found);
  const begun = enclosed.startsWith('{') ? enclosed : brokenFence(text);
  return begun === null ? readOracleAnswer({ summary: text }) : parseOracleAnswer(encoded(begun));
}

const encoded = (text: string) => new TextEncoder().encode(text);

/** The content of the fence around the whole text. A regular expression could backtrack forever on hostile text. */
function withoutFence(text: string): string {
  const firstLineEnd = text.indexOf('\n');
  const isFenced = text.startsWith('```') && text.endsWith('```') && firstLineEnd > 0;
  return isFenced ? text.slice(firstLineEnd + 1, -3).trim() : text;
}

/** The content of a fence in the text that was meant as an answer. A fence that quotes other JSON is prose. */
function brokenFence(text: string): string | null {
  const begun = /```(?:json)?\s*(\{[\s\S]*)/i.exec(text)?.[1]?.split('```')[0] ?? null;
  return begun !== null && fieldName.test(begun) ? begun : null;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function firstAnswerObject(text: string): Record<string, unknown> | null {
  let tried = 0;
  for (const { index } of text.matchAll(/\{\s*"/g)) {
    tried += 1;
    if (tried > maxCandidates) return null;
    const end = endOfObject(text, index);
    const value = end === null ? null : parseObject(text.slice(index, end));
    if (hasAnswerField(value)) return value;
  }
  return null;
}

/** Where the object at `start` closes, or null if it never does. Braces in its strings do not count. */
function endOfObject(text: string, start: number): number | null {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}
