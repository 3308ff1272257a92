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

const form = '"output_config":{"format":{"type":"json_schema","schema":{';

// To the byte, because the prompt cache compares bytes.
test('what is sent is instructions and pull request, each ending at a cache breakpoint, then the question', () => {
  const sent = JSON.stringify(messageParams(request));
  const system =
    '"system":[{"type":"text","text":"I","cache_control":{"type":"ephemeral"}},{"type":"text","text":"P","cache_control":{"type":"ephemeral"}}]';
  const messages = '"messages":[{"role":"user","content":"Q"}]';
  expect(sent.startsWith(`{"model":"m","max_tokens":3000,${system},${messages},${form}`)).toBe(true);
  expect(JSON.stringify(promptParams(request)).startsWith(`{"model":"m",${system},${messages},${form}`)).toBe(
    true,
  );
});

test('a prefix that is not to be cached is sent without breakpoints', () => {
  expect(messageParams({ ...request, cachePrefix: false }).system).toEqual([
    { type: 'text', text: 'I' },
    { type: 'text', text: 'P' },
  ]);
});
