import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { answerKeyPrompt } from './answer-key.ts';
import { precisionPrompt } from './precision.ts';
import { recallPrompt } from './recall.ts';
import { replyPrompt } from './reply.ts';
import { systemPrompt } from './system.ts';

export const taskPrompts = {
  answer_key: answerKeyPrompt,
  precision: precisionPrompt,
  recall: recallPrompt,
  reply: replyPrompt,
} as const;

/**
 * SHA-256 (hex) over the prompts' UTF-8 bytes, each preceded by its length in bytes and a line break, in this
 * order: system, answer_key, precision, recall, reply. The length keeps text from moving from one to the next unseen.
 */
export const promptDigest = bytesToHex(
  sha256(
    concatBytes(
      ...[systemPrompt, ...Object.values(taskPrompts)].flatMap((prompt) => {
        const bytes = utf8ToBytes(prompt);
        return [utf8ToBytes(`${bytes.length}\n`), bytes];
      }),
    ),
  ),
);
