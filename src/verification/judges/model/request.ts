import { z } from 'zod';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { CanaryWay } from '#contracts/replay.ts';
import { fence } from '../../text/fence.ts';
import type { JudgeTask, QuoteFaults } from '../judge.ts';
import { instructionsFor } from './prompts/v2/digest.ts';

/** A request that was cut off is asked again with more room, up to this. */
const mostTokens = 10_000;

/** What a slow model takes for one token: it writes 128,000 an hour. */
const msPerToken = 3_600_000 / 128_000;
/** For reading the prompt, thinking about where to begin, and the network. */
const beforeAnswerMs = 60_000;

/** How long to wait for the answer to a request. What takes longer hangs. */
export const answerTimeoutMs = ({ maxOutputTokens }: Pick<ModelRequest, 'maxOutputTokens'>): number =>
  Math.ceil(beforeAnswerMs + maxOutputTokens * msPerToken);

/** Room for each entry with its quote and reason, after some thinking. Kept low, because the call's booking follows from it. */
const usualTokensOf = (task: JudgeTask): number => {
  switch (task.measure) {
    case 'answer_key':
      return 6500;
    case 'variants':
      return 4500;
    case 'precision':
      return 3000 + 140 * task.claims.length;
    case 'recall':
      return 3000 + 140 * task.changes.length;
    case 'reply':
      return 3000;
  }
};

/**
 * The most tokens that an answer may have.
 * @param brokenOff how many answers to this measure were truncated before. Each doubles the length.
 */
const maxTokensOf = (task: JudgeTask, brokenOff: number): number =>
  Math.min(mostTokens, usualTokensOf(task) * 2 ** brokenOff);

/**
 * One call to a model, independent of the provider. It leaves out the form of the answer (`judgeAnswerSchema`), which
 * all calls share.
 */
export const modelRequestSchema = z.object({
  model: z.string(),
  /** The most tokens that the answer may have. */
  maxOutputTokens: z.number().int(),
  /** The judge's instructions. The pull request follows, then the question. */
  instructions: z.string(),
  pullRequest: z.string(),
  /** Which task it is, with its material. */
  question: z.string(),
  /**
   * Other calls with the same beginning follow soon. A provider's prompt cache should have a breakpoint after the
   * instructions and after the pull request.
   */
  cachePrefix: z.boolean(),
});
export type ModelRequest = z.infer<typeof modelRequestSchema>;

/** The texts of a request's prompt, in the order that the model reads them. */
export const promptTexts = ({ instructions, pullRequest, question }: ModelRequest): string[] => [
  instructions,
  pullRequest,
  question,
];

/** What a request begins with. */
export type RequestPrefix = Pick<ModelRequest, 'instructions' | 'pullRequest' | 'cachePrefix'>;

/**
 * The part that all calls of one replay share: the instructions for every task, which all replays share, then the pull
 * request under the replay's own nonce. Each ends with a breakpoint of the prompt cache. So every call can read the
 * instructions from the cache, and the other calls on this pull request can read the second part. The tasks'
 * instructions stand here and not beside their material for two reasons: here they are read at a tenth of the price,
 * and they carry small pull requests over the length below which a model caches nothing.
 * @param task any value but `every_task` makes a prefix for that task alone, not marked for the cache. In a batch it is
 * unknown whether another call will ever read the entry, and writing one that is not read costs more than it saves.
 * @param form stands after the instructions, for a provider whose API does not hold a model to it (`formInWords`).
 */
export const sharedPrefix = (
  groundTruth: GroundTruth,
  nonce: string,
  task: JudgeTask['measure'] | 'every_task' = 'every_task',
  form: string | null = null,
): RequestPrefix => ({
  instructions: [instructionsFor(task), ...(form === null ? [] : [form])].join('\n\n'),
  pullRequest: [
    `# The pull request\n\nIts material bears the nonce ${nonce}.`,
    fence(nonce, { kind: 'title' }, groundTruth.title),
    fence(nonce, { kind: 'description' }, groundTruth.description),
    fence(nonce, { kind: 'files' }, groundTruth.filesChanged.join('\n')),
    fence(nonce, { kind: 'diff' }, groundTruth.diff),
  ].join('\n\n'),
  cachePrefix: task === 'every_task',
});

/** One call: the shared prefix, then which task it is and its material under a nonce of its own. */
export const buildRequest = (
  model: string,
  prefix: RequestPrefix,
  task: JudgeTask,
  nonce: string,
  brokenOff = 0,
): ModelRequest => {
  const material = materialOf(task, nonce);
  const announced =
    material.length === 0 ? [] : [`The material of this task bears the nonce ${nonce}.`, ...material];
  return {
    model,
    maxOutputTokens: maxTokensOf(task, brokenOff),
    ...prefix,
    question: [`# Task: ${task.measure}`, ...announced, closingOf(task)].join('\n\n'),
  };
};

function materialOf(task: JudgeTask, nonce: string): string[] {
  switch (task.measure) {
    case 'answer_key':
      return [];
    case 'precision':
      return task.claims.map(({ id, text }) => fence(nonce, { kind: 'claim', id }, text));
    case 'variants':
      return changesOf(task, nonce);
    case 'recall':
      return [...changesOf(task, nonce), fence(nonce, { kind: 'summary' }, task.summary)];
    case 'reply':
      return [
        fence(nonce, { kind: 'question' }, task.question),
        fence(nonce, { kind: 'reference-answer' }, task.referenceAnswer),
        fence(nonce, { kind: 'response' }, task.response),
      ];
  }
}

const changesOf = (
  { changes }: { changes: { id: string; statement: string; quote: string }[] },
  nonce: string,
): string[] =>
  changes.flatMap(({ id, statement, quote }) => [
    fence(nonce, { kind: 'change', id }, statement),
    fence(nonce, { kind: 'quote-of-change', id }, quote),
  ]);

/** Follows the material, so that the material does not have the last word. */
function closingOf(task: JudgeTask): string {
  const end = 'The material has ended.';
  switch (task.measure) {
    case 'answer_key':
      return `Write the key for the pull request above. ${waysOf(
        task.ways?.map((ways, at) => ({ id: `${at + 1}`, ways })),
      )}`;
    case 'variants':
      return `${end} Write the variants of these changes. ${waysOf(task.changes)}`;
    case 'precision':
      return `${end}${faultsOf(task.faults)} Give one verdict for each of these ids: ${idsOf(task.claims)}.`;
    case 'recall':
      return `${end}${faultsOf(task.faults)} Give one verdict for each of these ids: ${idsOf(task.changes)}.`;
    case 'reply':
      return `${end} Give the one verdict, with the id response.`;
  }
}

const waysOf = (changes: { id: string; ways: CanaryWay[] }[] = []): string =>
  changes.length === 0
    ? 'Leave variants empty.'
    : `The ways of the false variants: ${changes.map(({ id, ways }) => `${id}: ${ways.join(' and ')}`).join('; ')}.`;

const faultsOf = (faults: QuoteFaults = []): string =>
  faults.length === 0
    ? ''
    : ` You were asked before. Your quotes did not count: ${faults.map(({ id, fault }) => `${id}: ${fault}`).join('; ')}.`;

const idsOf = (items: { id: string }[]) => items.map(({ id }) => id).join(', ');
