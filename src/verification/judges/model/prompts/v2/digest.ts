import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { answerKeyPrompt } from './answer-key.ts';
import { precisionPrompt } from './precision.ts';
import { recallPrompt } from './recall.ts';
import { replyPrompt } from './reply.ts';
import { systemPrompt } from './system.ts';
import { variantRules, variantsPrompt } from './variants.ts';

const taskPrompts = {
  answer_key: [answerKeyPrompt, variantRules],
  variants: [variantsPrompt, variantRules],
  precision: [precisionPrompt],
  recall: [recallPrompt],
  reply: [replyPrompt],
} as const;

const everyTask = [...new Set<string>(Object.values(taskPrompts).flat())];

/**
 * What a call begins with: the instructions for all tasks, the same to the last byte whichever is asked, or those for
 * one task alone.
 */
export const instructionsFor = (task: keyof typeof taskPrompts | 'every_task'): string =>
  [systemPrompt, ...(task === 'every_task' ? everyTask : taskPrompts[task])].join('\n\n');

/**
 * SHA-256 (hex) over the prompts' UTF-8 bytes, each preceded by its length in bytes and a line break, in this
 * order: system, answer_key, the rules for variants, variants, precision, recall, reply. The length keeps text from moving from one to the next unseen.
 */
export const promptDigest = bytesToHex(
  sha256(
    concatBytes(
      ...[systemPrompt, ...everyTask].flatMap((prompt) => {
        const bytes = utf8ToBytes(prompt);
        return [utf8ToBytes(`${bytes.length}\n`), bytes];
      }),
    ),
  ),
);
