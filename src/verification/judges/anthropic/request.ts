import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { JudgeTask } from '../judge.ts';
import { fence } from './fence.ts';
import { taskPrompts } from './prompts/v1/digest.ts';
import { systemPrompt } from './prompts/v1/system.ts';

/** Enough for 50 quoted verdicts after some thinking; the client refuses unstreamed answers above 21,333. */
const maxTokens = 16_000;

/** A request to the Messages API, without what is the same in all of them (the form of the answer). */
export type ModelRequest = {
  model: string;
  max_tokens: number;
  system: { type: 'text'; text: string; cache_control?: { type: 'ephemeral' } }[];
  messages: { role: 'user'; content: string }[];
};

/**
 * The part that all calls of one replay share, up to the cache's breakpoint: instructions, then the pull request
 * under the replay's own nonce.
 */
export const sharedPrefix = (groundTruth: GroundTruth, nonce: string): ModelRequest['system'] => [
  { type: 'text', text: systemPrompt },
  {
    type: 'text',
    text: [
      `# The pull request\n\nIts material bears the nonce ${nonce}.`,
      fence(nonce, { kind: 'title' }, groundTruth.title),
      fence(nonce, { kind: 'description' }, groundTruth.description),
      fence(nonce, { kind: 'files' }, groundTruth.filesChanged.join('\n')),
      fence(nonce, { kind: 'diff' }, groundTruth.diff),
    ].join('\n\n'),
    cache_control: { type: 'ephemeral' },
  },
];

/** One call: the shared prefix, then the task and its material under a nonce of its own. */
export const buildRequest = (
  model: string,
  prefix: ModelRequest['system'],
  task: JudgeTask,
  nonce: string,
): ModelRequest => {
  const material = materialOf(task, nonce);
  const announced =
    material.length === 0 ? [] : [`The material of this task bears the nonce ${nonce}.`, ...material];
  const content = [taskPrompts[task.measure], ...announced, closingOf(task)].join('\n\n');
  return { model, max_tokens: maxTokens, system: prefix, messages: [{ role: 'user', content }] };
};

function materialOf(task: JudgeTask, nonce: string): string[] {
  switch (task.measure) {
    case 'answer_key':
      return [];
    case 'precision':
      return task.claims.map(({ id, text }) => fence(nonce, { kind: 'claim', id }, text));
    case 'recall':
      return [
        ...task.changes.flatMap(({ id, statement, quote }) => [
          fence(nonce, { kind: 'change', id }, statement),
          fence(nonce, { kind: 'quote-of-change', id }, quote),
        ]),
        fence(nonce, { kind: 'summary' }, task.summary),
      ];
    case 'reply':
      return [
        fence(nonce, { kind: 'question' }, task.question),
        fence(nonce, { kind: 'reference-answer' }, task.referenceAnswer),
        fence(nonce, { kind: 'response' }, task.response),
      ];
  }
}

/** Said after the material, so that its last words are not the last that the model reads. */
function closingOf(task: JudgeTask): string {
  const end = 'The material has ended.';
  switch (task.measure) {
    case 'answer_key':
      return 'Write the key for the pull request above.';
    case 'precision':
      return `${end} Give one verdict for each of these ids: ${idsOf(task.claims)}.`;
    case 'recall':
      return `${end} Give one verdict for each of these ids: ${idsOf(task.changes)}.`;
    case 'reply':
      return `${end} Give the one verdict, with the id response.`;
  }
}

const idsOf = (items: { id: string }[]) => items.map(({ id }) => id).join(', ');
