import { expect, test } from 'vitest';
import type { ModelRequest } from '../../model/request.ts';
import { messageParams, promptParams } from './messages.ts';

const request: ModelRequest = {
  model: 'm',
  maxOutputTokens: 3000,
  instructions: 'I',
  pullRequest: 'P',
  question: 'Q',
  cachePrefix: true,
};

const entries = (...fields: string[]) =>
  `{"type":"object","properties":{${fields.map((field) => `"${field}":{"type":"string"}`).join(',')}},"additionalProperties":false,"required":${JSON.stringify(fields)}}`;
const verdicts =
  '{"type":"object","properties":{"id":{"type":"string"},"quote":{"type":"string"},"reason":{"type":"string"},"verdict":{"enum":["0","1","supported","not_supported","surfaced","not_surfaced","0.25","0.5","0.75"]}},"additionalProperties":false,"required":["id","quote","reason","verdict"]}';
const variants =
  '{"type":"object","properties":{"id":{"type":"string"},"way":{"enum":["true","direction","value","name","condition","cause"]},"text":{"type":"string"}},"additionalProperties":false,"required":["id","way","text"]}';
const answer = `{"type":"object","properties":{"changes":{"type":"array","items":${entries('id', 'quote', 'statement')}},"question":{"anyOf":[${entries('quote', 'text', 'reference_answer')},{"type":"null"}]},"variants":{"type":"array","items":${variants}},"verdicts":{"type":"array","items":${verdicts}}},"additionalProperties":false,"required":["changes","question","variants","verdicts"]}`;
const form = `"output_config":{"format":{"type":"json_schema","schema":${answer}}}`;

// Compared byte by byte: the prompt cache compares bytes, and a digest of what a model is asked is published.
test('a request sends instructions and pull request, each ending at a cache breakpoint, then the question, and the form of the answer', () => {
  const sent = JSON.stringify(messageParams(request));
  const system =
    '"system":[{"type":"text","text":"I","cache_control":{"type":"ephemeral"}},{"type":"text","text":"P","cache_control":{"type":"ephemeral"}}]';
  const messages = '"messages":[{"role":"user","content":"Q"}]';
  expect(sent).toBe(`{"model":"m","max_tokens":3000,${system},${messages},${form}}`);
  expect(JSON.stringify(promptParams(request))).toBe(`{"model":"m",${system},${messages},${form}}`);
});

test('a prefix not meant for the cache is sent without breakpoints', () => {
  expect(messageParams({ ...request, cachePrefix: false }).system).toEqual([
    { type: 'text', text: 'I' },
    { type: 'text', text: 'P' },
  ]);
});
