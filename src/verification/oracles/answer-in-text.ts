import { parseJson } from '#contracts/json.ts';
import { readText } from '../foreign/answer-objects.ts';
import type { Span } from '../foreign/json-objects.ts';
import { isBlankOutside } from '../foreign/reasoning.ts';
import { answerObject, parseOracleAnswer, type ReadAnswer, readOracleAnswer } from './answer.ts';

const fieldName = /"(?:summary|key_claims|follow_up_response)"/;

/**
 * Reads an oracle's answer from text that a model or a tool wrote. The answer is the last whole JSON object with an
 * answer field that stands outside of the model's reasoning. Text that is JSON without an answer, or that starts such an
 * object and breaks it, is malformed. Any other text is an answer in prose and becomes the summary: a refusal in words
 * is judged like any other answer (methodology, "Two words are kept apart").
 */
export function readAnswerInText(text: string): ReadAnswer {
  if (text.trim() === '') return { ok: false, detail: 'The answer contains no text.' };
  const { reasoning, tagged, endsTagged, candidates } = readText(text);
  const found = firstAnswer(text, candidates);
  if (found !== null) return readOracleAnswer(found);

  // Prose may quote tags, so only those that it begins with are reasoning.
  const [firstTag] = tagged;
  const beginsTagged = firstTag !== undefined && isBlankOutside(text, reasoning, firstTag.start);
  const leading = beginsTagged && !endsTagged ? [firstTag] : [];
  const spoken = without(text, [...reasoning, ...leading].toSorted(byStart)).trim();
  if (spoken === '') return { ok: false, detail: 'The answer contains only reasoning.' };
  const enclosed = withoutFence(spoken);
  const whole = parseJson(enclosed);
  // Some servers encode the answer twice.
  if (typeof whole === 'string') return readAnswerInText(whole);
  if (whole !== undefined) return readOracleAnswer(whole);
  const begun = enclosed.startsWith('{') ? enclosed : brokenFence(spoken);
  return begun === null
    ? readOracleAnswer({ summary: spoken })
    : parseOracleAnswer(new TextEncoder().encode(begun));
}

const byStart = (a: Span, b: Span) => a.start - b.start;

const shortestAnswer = '{"summary":""}'.length;

const firstAnswer = (text: string, candidates: Span[]): Record<string, unknown> | null => {
  for (const { start, end } of candidates) {
    if (end - start < shortestAnswer) continue;
    const answer = answerObject(parseJson(text.slice(start, end)));
    if (answer !== null) return answer;
  }
  return null;
};

/** The text outside these spans, which are ordered. */
const without = (text: string, spans: Span[]): string => {
  let at = 0;
  const kept: string[] = [];
  for (const { start, end } of spans) {
    if (start > at) kept.push(text.slice(at, start));
    at = Math.max(at, end);
  }
  return [...kept, text.slice(at)].join('');
};

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
