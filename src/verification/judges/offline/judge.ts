import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { noUsage } from '#contracts/replay.ts';
import { emptyAnswer, type Judge, type JudgeAnswer, type JudgeTask } from '../judge.ts';
import { readAnswerKey } from './answer-key.ts';
import { ruleOnClaim } from './claim-verdict.ts';
import { type DiffIndex, indexDiff } from './diff-index.ts';
import { ruleOnChanges } from './recall-verdict.ts';
import { ruleOnReply } from './reply-verdict.ts';
import { offlineModel, offlineRule } from './rule.ts';

/**
 * The offline check: it needs neither key nor network. It is deterministic and linear in what it reads. The same
 * question always gets the same answer, so asking again is harmless but useless. `offlineRule` says how it rules.
 */
export function offlineJudge(): Judge {
  return {
    provider: 'offline',
    model: offlineModel,
    endpoint: null,
    promptDigest: bytesToHex(sha256(utf8ToBytes(offlineRule))),
    open(groundTruth) {
      // Indexed at the first question: a replay whose verdicts are all stored asks nothing.
      let indexed: DiffIndex | undefined;
      const index = () => {
        indexed ??= indexDiff(groundTruth);
        return indexed;
      };
      return {
        async ask(task, signal) {
          signal?.throwIfAborted();
          const answer =
            task.measure === 'answer_key' ? readAnswerKey(groundTruth, index()) : rule(task, index());
          // No clock: a verdict takes milliseconds, and a measured time would not be reproducible.
          return { ok: true, model: offlineModel, usage: noUsage, latencyMs: 0, retries: 0, answer };
        },
        factsOf: (text) => ruleOnClaim(text, index()).facts,
        costOf: () => ({ likelyUsd: 0, mostUsd: 0 }),
      };
    },
  };
}

function rule(task: Exclude<JudgeTask, { measure: 'answer_key' }>, index: DiffIndex): JudgeAnswer {
  switch (task.measure) {
    case 'variants':
      return emptyAnswer;
    case 'precision': {
      const rulings = task.claims.map(({ id, text }) => ({ id, ...ruleOnClaim(text, index) }));
      return {
        ...emptyAnswer,
        verdicts: rulings.flatMap(({ id, verdict, quote }) =>
          verdict === 'undecided' ? [] : [{ id, verdict, quote }],
        ),
        notRuledOn: rulings.flatMap(({ id, verdict }) => (verdict === 'undecided' ? [id] : [])),
      };
    }
    case 'recall':
      return {
        ...emptyAnswer,
        verdicts: ruleOnChanges(task.changes, task.summary, index).map(({ id, surfaced, quote }) => ({
          id,
          verdict: surfaced ? 'surfaced' : 'not_surfaced',
          quote,
        })),
      };
    case 'reply':
      return {
        ...emptyAnswer,
        verdicts: [{ id: 'reply', verdict: `${ruleOnReply(task, index)}`, quote: '' }],
      };
  }
}

/** The facts that a text states about a change and that the rule can decide, as `PullRequestJudge.factsOf` gives them. */
export const offlineFacts = (groundTruth: GroundTruth): ((text: string) => string[]) => {
  const index = indexDiff(groundTruth);
  return (text) => ruleOnClaim(text, index).facts;
};
