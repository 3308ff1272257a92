import { type AnswerKey, type JudgeUsage, noUsage, type ReplayCheckpoint } from '#contracts/replay.ts';
import { judgedAnswer } from '#verification/text/judged-answer.ts';

/** The verdicts of a finished replay: a boolean for each folded claim and each change of the key. */
export type Verdicts = { claims: boolean[]; changes: boolean[]; replyAccuracy: 0 | 0.25 | 0.5 | 0.75 | 1 };

/** What a key has whose changes got no variants. */
export const noVariants: AnswerKey['variants'] = { author: null, changes: [], dropped: 0 };

/** A checkpoint with every step of a scored replay. Each judge call takes 10 ms and has the given usage. */
export const judgedCheckpoint = (
  { claims, changes, replyAccuracy }: Verdicts,
  model = 'offline-1',
  usage: JudgeUsage = noUsage,
): Required<Omit<ReplayCheckpoint, 'draftKey' | 'canaries' | 'baseline' | 'second'>> => {
  const judged = {
    kind: 'judged',
    model,
    control: false,
    asks: 1,
    retries: 0,
    latencyMs: 10,
    usage,
  } as const;
  return {
    answerKey: {
      kind: 'made',
      model,
      reused: false,
      asks: 1,
      retries: 0,
      latencyMs: 10,
      usage,
      key: {
        changes: changes.map((_, index) => ({
          id: `k${index + 1}`,
          statement: `Change number ${index + 1}.`,
          quote: `const change${index + 1} = true;`,
        })),
        question: 'What does change1 hold?',
        referenceAnswer: 'true',
        questionQuote: 'const change1 = true;',
        variants: noVariants,
      },
    },
    oracle: {
      kind: 'answer',
      answer: judgedAnswer({
        summary: 'A summary.',
        keyClaims: claims.map((_, index) => ({ claim: `Claim ${index + 1}`, confidence: null })),
        followUpResponse: 'true',
      }),
      latencyMs: 5,
      retries: 0,
    },
    precision: {
      ...judged,
      claims: claims.map((supported, index) => ({
        id: `c${index + 1}`,
        members: [index],
        restatement: false,
        ruled: true,
        supported,
        quote: supported ? `const change${index + 1} = true;` : null,
      })),
      claimsMade: claims.length,
      claimsCut: 0,
      canaries: [],
    },
    recall: {
      ...judged,
      changes: changes.map((surfaced, index) => ({
        id: `k${index + 1}`,
        surfaced,
        quote: surfaced ? 'A summary.' : null,
      })),
      summaryCutCharacters: 0,
      copiedCharacters: 0,
    },
    reply: { ...judged, replyAccuracy, needsSupport: false, responseCutCharacters: 0 },
  };
};

/** A replay whose change got no answer key from the judge, with the given usage. */
export const keylessCheckpoint = (
  usage = noUsage,
  { cause, reason }: { cause: 'change' | 'judge'; reason: string } = {
    cause: 'change',
    reason: 'nothing to quote',
  },
): ReplayCheckpoint => ({
  answerKey: {
    kind: 'impossible',
    cause,
    reason,
    reused: false,
    asks: 2,
    retries: 0,
    latencyMs: 1,
    usage,
  },
});

/** A verdict that is missing because the judge was unavailable. */
export const unscoredVerdict = (reason = 'down') =>
  ({ kind: 'unscored', reason, asks: 1, retries: 0, latencyMs: 1, usage: noUsage }) as const;

/** A replay that is an oracle failure. Its key has this many changes. */
export const failedCheckpoint = (changes: number, httpAnswered = true): ReplayCheckpoint => ({
  answerKey: judgedCheckpoint({
    claims: [],
    changes: Array.from({ length: changes }, () => false),
    replyAccuracy: 0,
  }).answerKey,
  oracle: httpAnswered
    ? {
        kind: 'failure',
        reason: 'status',
        detail: 'The oracle answered 500.',
        httpAnswered: true,
        status: 500,
        latencyMs: 5,
        retries: 0,
      }
    : {
        kind: 'failure',
        reason: 'connection',
        detail: 'Nothing listens there.',
        httpAnswered: false,
        latencyMs: 5,
        retries: 2,
      },
});
