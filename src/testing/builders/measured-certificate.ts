import type { Certificate } from '#contracts/certificate.ts';
import type { Baseline, CanaryVerdict, ReplayCheckpoint, SecondJudgment } from '#contracts/replay.ts';
import type { EarlierCanaries } from '#verification/certificate/judge-trust.ts';
import { usageOfOneCall } from '../rigs/scripted-judge.ts';
import { canaryCounts, ruledCanary } from './canaries.ts';
import { type BuiltInput, certificateInput, issuedCertificate } from './issued-certificate.ts';
import { namedExam } from './named-exam.ts';
import { failedCheckpoint, judgedCheckpoint, unscoredVerdict, type Verdicts } from './replay-checkpoint.ts';

/** A replay with canaries, a baseline and agreement. The agreement judge contradicts some verdicts of the first. */
const whole = (
  verdicts: Verdicts,
  secondReply: Verdicts['replyAccuracy'],
  place: number,
): ReplayCheckpoint => {
  const checkpoint = judgedCheckpoint(verdicts, 'm', usageOfOneCall);
  const { precision, recall, reply } = checkpoint;
  if (precision.kind !== 'judged' || recall.kind !== 'judged' || reply.kind !== 'judged')
    throw new Error('The fixture has no verdicts.');
  const shown: CanaryVerdict[] = [
    ruledCanary('true', place !== 3),
    ruledCanary('false', place === 5, { way: place % 2 === 0 ? 'direction' : 'cause' }),
    ruledCanary(place % 2 === 0 ? 'code_true' : 'code_false', place % 3 === 0),
    ruledCanary('injected', place % 4 === 0),
  ];
  const second: SecondJudgment = {
    precision: {
      ...precision,
      claims: precision.claims.map((claim, at) => ({
        ...claim,
        supported: claim.supported !== (at === 0 && place % 3 === 0),
      })),
    },
    recall,
    reply: { ...reply, replyAccuracy: secondReply },
  };
  const baseline: Baseline = {
    precision: {
      ...precision,
      claims: precision.claims.map((claim, at) => ({ ...claim, supported: at <= place % 2 })),
    },
    recall: { ...recall, changes: recall.changes.map((change, at) => ({ ...change, surfaced: at === 0 })) },
    reply: { ...reply, replyAccuracy: place % 2 === 0 ? 0.25 : 0 },
    reused: false,
  };
  return { ...checkpoint, precision: { ...precision, canaries: shown }, baseline, second };
};

/** Two changes an author, and three a week. */
const mergeOf = (place: number) => ({
  author: `author-${place >> 1}`,
  mergedAt: new Date(Date.UTC(2026, 0, 5 + 7 * Math.floor(place / 3) + (place % 3))).toISOString(),
});

/** Any two values differ in how often each judge gives them, so changing any value changes kappa. */
const replies: [Verdicts['replyAccuracy'], Verdicts['replyAccuracy']][] = [
  [0.25, 0.5],
  [0.5, 0.5],
  [0.5, 0.75],
  [0.75, 0.75],
  [0.75, 0.75],
  [0.75, 1],
  [1, 0],
  [1, 0],
  [1, 0],
  [1, 0],
];

const earlierRuns: EarlierCanaries = {
  canaries: canaryCounts({
    true: { shown: 75, supported: 71 },
    false: { shown: 27, supported: 1 },
    injected: { shown: 50, supported: 9 },
  }),
  certificates: ['2b1f6f60-6a37-4b7c-9c6f-0d8f0f6d1f11'],
};

/**
 * A run with two models and everything that can be measured: ten judged replays, an oracle failure, an unscored replay,
 * and a pool of earlier canaries.
 */
export const measuredInput = (earlier: EarlierCanaries = earlierRuns): BuiltInput =>
  certificateInput(
    [
      ...replies.map(([first, second], place) => ({
        groundTruthId: `${place + 1}`,
        ...mergeOf(place),
        checkpoint: whole(
          {
            claims: [true, place % 2 === 0, place % 3 === 0],
            changes: [true, place % 2 === 1, false],
            replyAccuracy: first,
          },
          second,
          place,
        ),
      })),
      {
        groundTruthId: '11',
        ...mergeOf(10),
        checkpoint: {
          ...failedCheckpoint(3),
          answerKey: judgedCheckpoint({ claims: [], changes: [false, false, false], replyAccuracy: 0 }, 'm')
            .answerKey,
        },
      },
      {
        groundTruthId: '12',
        checkpoint: {
          ...judgedCheckpoint({ claims: [true], changes: [true], replyAccuracy: 1 }),
          recall: unscoredVerdict(),
        },
      },
    ],
    {
      draw: { listed: 40, commitRange: null },
      limit: 12,
      minReplays: 10,
      weights: { precision: 2, recall: 1, replyAccuracy: 1 },
      judge: { provider: 'anthropic', model: 'm' },
      second: { provider: 'chat', model: 'other', endpoint: 'http://localhost:11434' },
      modelCutoff: '2026-01-20',
      replaced: 1,
      earlier,
      exam: namedExam(),
    },
  );

/** Its certificate. */
export const measuredCertificate = (earlier: EarlierCanaries = earlierRuns): Certificate =>
  issuedCertificate(measuredInput(earlier));
