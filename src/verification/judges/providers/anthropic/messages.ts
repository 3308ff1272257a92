import type Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { judgeAnswerSchema } from '../../judge.ts';
import { type ModelMessage, readJudgeAnswer } from '../../model/reply.ts';
import type { ModelRequest } from '../../model/request.ts';

/**
 * The form of every answer. The SDK's own `parse` is not used: it throws away an answer that does not parse, such as a
 * truncated one, together with its usage. Our own code reads the answer and returns what is wrong.
 */
const format = zodOutputFormat(judgeAnswerSchema);

const breakpoint = { cache_control: { type: 'ephemeral' } } as const;

/** The part of a request whose tokens are counted. */
export const promptParams = ({ model, instructions, pullRequest, question, cachePrefix }: ModelRequest) => ({
  model,
  system: [instructions, pullRequest].map((text) => ({
    type: 'text' as const,
    text,
    ...(cachePrefix ? breakpoint : {}),
  })),
  messages: [{ role: 'user' as const, content: question }],
  output_config: { format },
});

/** A request as the Messages API takes it, alone or in a batch. */
export const messageParams = (request: ModelRequest) => {
  const { model, ...prompt } = promptParams(request);
  return { model, max_tokens: request.maxOutputTokens, ...prompt };
};

const stopOf = (reason: Anthropic.StopReason | null): ModelMessage['stop'] => {
  if (reason === 'refusal') return 'refused';
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded' ? 'truncated' : 'ended';
};

/** Reads a message of the model, whether it came alone or in a batch. */
export const readMessage = (
  { model, stop_reason, content, usage }: Anthropic.Message,
  { batch }: { batch: boolean },
): ModelMessage => {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return {
    kind: 'message',
    model,
    stop: stopOf(stop_reason),
    output: texts.length === 0 ? null : readJudgeAnswer(texts.join('')),
    form: 'json_schema',
    batch,
    usage: {
      inputTokens: usage.input_tokens,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
      cacheReadTokens: usage.cache_read_input_tokens ?? 0,
      outputTokens: usage.output_tokens,
      isStated: true,
    },
  };
};
