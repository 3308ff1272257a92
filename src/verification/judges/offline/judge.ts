import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { noUsage } from '#contracts/replay.ts';
import { emptyAnswer, type Judge, type JudgeAnswer, type JudgeTask } from '../judge.ts';
import { readAnswerKey } from './answer-key.ts';
import { ruleOnClaim } from './claim-verdict.ts';
import { type DiffEvidence, readEvidence } from './diff-evidence.ts';
import { readSummary } from './recall-verdict.ts';
import { ruleOnReply } from './reply-verdict.ts';
import { offlineModel, offlineRule } from './rule.ts';

/**
 * The judge that needs neither key nor network. It is deterministic and linear in what it reads. The same question
 * always gets the same answer, so asking again is harmless but useless. `offlineRule` says how it rules.
 */
export function offlineJudge(): Judge {
  return {
    provider: 'offline',
    model: offlineModel,
    endpoint: null,
    promptDigest: bytesToHex(sha256(utf8ToBytes(offlineRule))),
    open(groundTruth) {
      // Indexed at the first question: a replay whose verdicts are all stored asks nothing.
      let evidence: DiffEvidence | undefined;
      return {
        async ask(task, signal) {
          signal?.throwIfAborted();
          evidence ??= readEvidence(groundTruth);
          const answer =
            task.measure === 'answer_key' ? readAnswerKey(groundTruth, evidence) : rule(task, evidence);
          // No clock: a lexical verdict takes milliseconds, and a measured time would not be reproducible.
          return { ok: true, model: offlineModel, usage: noUsage, latencyMs: 0, retries: 0, answer };
        },
        costOf: () => ({ likelyUsd: 0, mostUsd: 0 }),
      };
    },
  };
}

function rule(task: Exclude<JudgeTask, { measure: 'answer_key' }>, evidence: DiffEvidence): JudgeAnswer {
  const verdicts = (): JudgeAnswer['verdicts'] => {
    switch (task.measure) {
      case 'precision':
        return task.claims.map(({ id, text }) => {
          const { supported, quote } = ruleOnClaim(text, evidence);
          return { id, verdict: supported ? 'supported' : 'not_supported', quote };
        });
      case 'recall': {
        const ruleOnChange = readSummary(task.summary, evidence);
        return task.changes.map((change) => {
          const { surfaced, quote } = ruleOnChange(change);
          return { id: change.id, verdict: surfaced ? 'surfaced' : 'not_surfaced', quote };
        });
      }
      case 'reply':
        return [{ id: 'reply', verdict: `${ruleOnReply(task, evidence)}`, quote: '' }];
    }
  };
  return { ...emptyAnswer, verdicts: verdicts() };
}
