import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { type JudgeProvider, judgeOf } from '#contracts/judge-providers.ts';
import { judgeAnswerSchema } from '../judge.ts';
import { promptDigest } from './prompts/v2/digest.ts';

const { $schema: _, ...schema } = z.toJSONSchema(judgeAnswerSchema);

/** The form of every answer as a JSON Schema: closed objects with every field required, as strict endpoints ask. */
export const answerJsonSchema: Record<string, unknown> = schema;

const inWords = `# The form of your answer

Answer with one JSON object and nothing else: no text before or after it, and no code fence. It must be valid by this JSON Schema:

${JSON.stringify(answerJsonSchema)}`;

/**
 * The form of the answer as it stands after the instructions, for a provider whose endpoints may not hold a model to
 * it. Null: the provider's API does, so the prompt leaves the form out.
 */
export const formInWords = (provider: JudgeProvider): string | null =>
  judgeOf(provider).model?.formInWords ? inWords : null;

/**
 * The digest of what a provider's model is told: that of the prompts, or SHA-256 (hex) over it, a line break and the
 * form in words where that belongs to the prompt.
 */
export const promptDigestOf = (provider: JudgeProvider): string => {
  const form = formInWords(provider);
  return form === null ? promptDigest : bytesToHex(sha256(utf8ToBytes(`${promptDigest}\n${form}`)));
};
