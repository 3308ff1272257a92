import type { Audit, AuditResult } from '#contracts/audit.ts';
import type { Certificate, SeedSource } from '#contracts/certificate.ts';
import { exclusionReasons } from '#contracts/ground-truth.ts';
import type { Interval } from '#contracts/interval.ts';
import { estimatedTokensText } from '#contracts/replay.ts';
import { claimSteps, precisionMeaning } from '#verification/certificate/claim-steps.ts';
import { ruledOnText } from '#verification/certificate/judge-standing.ts';
import { compositeOf } from '#verification/statistics/aggregate.ts';
import { auditFacts, auditMeaning } from './audit-view.ts';
import { factLines, nameWidth, wrapped } from './fact-lines.ts';
import {
  judgeTrustFacts,
  judgeTrustMeaning,
  leakRemark,
  reliabilityRemark,
  usageRows,
} from './judge-trust-view.ts';
import { type Paint, plain } from './terminal.ts';

const barCells = 24;
/** Longer lists show only the replays with the lowest scores; `--json` has them all. */
const listedReplays = 30;
const lowestReplays = 10;

const bar = (value: number, top = 1) => {
  const filled = Math.round((Math.min(value, top) / top) * barCells);
  return '█'.repeat(filled) + '░'.repeat(barCells - filled);
};

const score = (value: number) => value.toFixed(3);

export const exclusionWords: Record<(typeof exclusionReasons)[number], string> = {
  too_small: 'under 3 changed lines',
  binary_only: 'binary files only',
  dependency_bump: 'dependency updates by bots',
  generated_only: 'generated or lock files only',
  empty_diff: 'no change',
  too_large: 'too large to read',
  unreadable: 'not readable',
  not_held: 'not in the shallow or partial clone',
};

const judgeRemark = (certificate: Certificate) =>
  certificate.judge === 'offline'
    ? `Offline check. ${ruledOnText(certificate)} Good for a first look; not comparable with certificates judged by a model.`
    : null;

const remarks = (certificate: Certificate) =>
  [
    judgeRemark(certificate),
    certificate.sample ? 'A sample: a demonstration oracle on the project’s own history.' : null,
    certificate.counts.oracleFailures > 0
      ? `The oracle failed ${certificate.counts.oracleFailures} of ${certificate.counts.scored} scored replays: each scores 0 on every measure.`
      : null,
    leakRemark(certificate),
    reliabilityRemark(certificate),
    certificate.provisional
      ? `Provisional: ${certificate.replayCount} replays were scored, and at least ${certificate.minReplays} are needed (--min-replays).`
      : null,
    certificate.replayCount < 20 ? 'Few replays: read the intervals, not the numbers.' : null,
  ].filter((remark) => remark !== null);

const measures = [
  ['Composite', 'compositeScore', 1, 'The weighted mean of the next three.'],
  ['Precision', 'precision', 1, precisionMeaning],
  ['Recall', 'recall', 1, 'The share of the important changes that its summary surfaces.'],
  ['Reply accuracy', 'replyAccuracy', 1, 'How well it answers one follow-up question per change.'],
  [
    'Brier',
    'brier',
    0.5,
    '(1 − composite) / 2, from 0 to 0.5, lower is better; a mapping of the composite, not a score of probabilities.',
  ],
] as const;

const measureLines = (
  { intervals, ...certificate }: Certificate,
  audited: AuditResult['precision'] | undefined,
  paint: Paint,
) => {
  const line = (name: string, value: number, { lower, upper }: Interval, top = 1) =>
    [
      `  ${paint('bold', name.padEnd(nameWidth))}`,
      paint('bold', score(value)),
      paint('dim', `[${score(lower)} – ${score(upper)}]`),
      paint('cyan', bar(value, top)),
    ].join('  ');
  return measures.flatMap(([name, key, top]) => [
    line(name, certificate[key], intervals[key], top),
    ...(key === 'precision' && audited ? [line('  by its audit', audited.value, audited.interval)] : []),
  ]);
};

const legendLines = ({ weights }: Certificate, width: number, paint: Paint) =>
  measures.map(([name, key, , meaning]) => {
    const shares = `${weights.precision} : ${weights.recall} : ${weights.replyAccuracy}`;
    const text = key === 'compositeScore' ? `${meaning.slice(0, -1)}, ${shares}.` : meaning;
    return paint('dim', wrapped(`${name}: ${text}`, '  ', width));
  });

const countOf = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;

const replayCounts = ({ counts }: Certificate) =>
  [
    `${counts.scored} scored`,
    counts.oracleFailures > 0 ? `${counts.oracleFailures} of them oracle failures (0 on every measure)` : '',
    counts.unscored > 0 ? `${counts.unscored} unscored, the verifier’s own failure (left out, not 0)` : '',
    counts.replaced > 0 ? `${counts.replaced} replaced, no answer key could be made` : '',
    counts.oracleRetries > 0 ? `${countOf(counts.oracleRetries, 'oracle call')} repeated` : '',
    counts.oracleAskedAgain > 0
      ? `${countOf(counts.oracleAskedAgain, 'question')} sent to the oracle again after an interruption`
      : '',
    counts.judgeReasks > 0 ? `${countOf(counts.judgeReasks, 'judge answer')} asked for again` : '',
    counts.judgeRetries > 0 ? `${countOf(counts.judgeRetries, 'judge call')} repeated` : '',
    counts.controls > 0 ? `${countOf(counts.controls, 'measure')} set to 0 by a control` : '',
    counts.keysReused > 0 ? `${countOf(counts.keysReused, 'answer key')} reused` : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');

const exclusions = ({ draw }: Certificate) => {
  const parts = exclusionReasons.flatMap((reason) => {
    const count = draw.excluded[reason] ?? 0;
    return count > 0 ? [`${count} ${exclusionWords[reason]}`] : [];
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
};

const lostCost = ({ unanswered: { likelyUsd, mostUsd }, usage }: Certificate) =>
  mostUsd === 0 || usage.costUsd === null
    ? ''
    : `; calls whose answer was lost may have cost another ${likelyUsd.toFixed(4)} USD, at most ${mostUsd.toFixed(4)} USD`;

const endpointOf = ({ judgeEndpoint, judgeForms }: Certificate) =>
  judgeEndpoint === null ? '' : ` at ${judgeEndpoint} (form: ${judgeForms.join(', ')})`;

const judgeCost = (certificate: Certificate) => {
  const { usage } = certificate;
  if (usage.calls === 0) return `no paid call${lostCost(certificate)}`;
  const tokens = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens;
  const unknown = usage.estimatedCalls === 0 ? 'cost unknown: the model’s price is' : 'cost unknown';
  const cost = usage.costUsd === null ? unknown : `${usage.costUsd.toFixed(4)} USD`;
  return [
    `${usage.calls} calls`,
    `${tokens.toLocaleString('en')} tokens`,
    estimatedTokensText(usage),
    `${cost}${lostCost(certificate)}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
};

const seedWords: Record<SeedSource, string> = {
  verifier: 'drawn by the verifier',
  owner: 'given by the run’s owner, who could choose the sample with it',
};

/** "70 made · 2 folded as duplicates · 66 ruled on · 60 supported", without the steps that took no claim away. */
const claimFunnel = ({ funnel }: Certificate) =>
  claimSteps
    .filter(({ step }) => funnel[step] > 0 || ['made', 'ruled', 'supported'].includes(step))
    .map(({ step, term }) => `${funnel[step]} ${term.toLowerCase()}`)
    .join(' · ');

const designEffects = ({ designEffects: effects }: Certificate) =>
  `composite ${effects.compositeScore.toFixed(2)}, precision ${effects.precision.toFixed(2)}, recall ${effects.recall.toFixed(2)}, reply ${effects.replyAccuracy.toFixed(2)}`;

/** The scores before and after the cutoff, or nothing if none was named. */
const freshnessFacts = ({ freshness }: Certificate): [string, string][] =>
  freshness === null
    ? []
    : (['before', 'after'] as const).map((side) => {
        const part = freshness[side];
        const { lower, upper } = part?.intervals.compositeScore ?? { lower: 0, upper: 0 };
        return [
          side === 'before' ? 'Up to cutoff' : 'After cutoff',
          part === null
            ? `no replay of a change merged ${side === 'before' ? 'by' : 'after'} ${freshness.modelCutoff}`
            : `composite ${score(part.compositeScore)} [${score(lower)} – ${score(upper)}], precision ${score(part.precision)}, recall ${score(part.recall)}, reply ${score(part.replyAccuracy)}, on ${part.replays} changes merged ${side === 'before' ? 'by' : 'after'} ${freshness.modelCutoff}`,
        ];
      });

const keylessFacts = ({ counts, keyless }: Certificate): [string, string][] =>
  counts.replaced === 0
    ? []
    : [
        [
          'Without a key',
          `${(100 * keyless.share).toFixed(1)} % of the changes, replaced by others; composite ${score(keyless.bounds.lower)} with them at 0, ${score(keyless.bounds.upper)} with them at 1`,
        ],
      ];

const facts = (certificate: Certificate): [string, string][] => [
  ['Replays', replayCounts(certificate)],
  ['Claims', claimFunnel(certificate)],
  ['Design effects', designEffects(certificate)],
  ...freshnessFacts(certificate),
  ...keylessFacts(certificate),
  [
    'Ground truth',
    `${certificate.groundTruthSource}${certificate.commitRange === null ? '' : ` (${certificate.commitRange})`}`,
  ],
  [
    'Draw',
    `up to ${certificate.draw.limit} of ${certificate.draw.listed} merged changes, seed ${certificate.draw.seed} (${seedWords[certificate.draw.seedSource]})${certificate.draw.blinded ? ', blinded' : ''}`,
  ],
  ['Excluded', exclusions(certificate)],
  [
    'Judge',
    `${certificate.judge}, ${certificate.scoringModel}${endpointOf(certificate)}, prompts ${certificate.promptDigest.slice(0, 12)} · ${judgeCost(certificate)}`,
  ],
  ['Issued', `${certificate.createdAt} · id ${certificate.id}`],
];

const usageLines = (certificate: Certificate, paint: Paint) => {
  const [head, ...rows] = usageRows(certificate);
  return head === undefined ? [] : [paint('dim', head), ...rows, ''];
};

const replayTable = (certificate: Certificate, paint: Paint) => {
  const { replayScores, weights } = certificate;
  const complete = replayScores.length <= listedReplays;
  const shown = complete
    ? replayScores
    : replayScores
        .toSorted((a, b) => compositeOf(a, weights) - compositeOf(b, weights))
        .slice(0, lowestReplays);
  const width = Math.min(24, Math.max(6, ...shown.map(({ groundTruthId }) => plain(groundTruthId).length)));
  const row = (cells: string[]) =>
    `  ${cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(width) : column < 6 ? cell.padStart(10) : `  ${cell}`,
      )
      .join('')}`.trimEnd();
  return [
    paint('bold', complete ? 'Replays' : `The ${lowestReplays} lowest of ${replayScores.length} replays`),
    paint('dim', row(['change', 'precision', 'recall', 'reply', 'claims', 'surfaced', ''])),
    ...shown.map((replay) =>
      row([
        plain(replay.groundTruthId, width),
        score(replay.precision),
        score(replay.recall),
        score(replay.replyAccuracy),
        `${replay.claimsSupported}/${replay.claimsTotal}`,
        `${replay.changesSurfaced}/${replay.changesTotal}`,
        replay.oracleFailure === null ? '' : `oracle failure: ${plain(replay.oracleFailure, 60)}`,
      ]),
    ),
    ...certificate.unscored
      .slice(0, lowestReplays)
      .map(
        ({ groundTruthId, reason }) =>
          `  ${plain(groundTruthId, width).padEnd(width)}  unscored: ${plain(reason, 90)}`,
      ),
  ];
};

const meaning =
  'What is estimated: the expected score of one pull request drawn from the run’s eligible set, with equal ' +
  'weights, under this judge and these prompts. It says nothing about other repositories. ' +
  'Intervals are 95 % and allow for pull requests of one author or one week depending on each other (design effect).';

const widest = 100;

const auditLines = (audit: Audit | null, width: number, paint: Paint) =>
  audit === null
    ? []
    : [
        '',
        paint('bold', 'Human audit, the owner’s word'),
        ...factLines(auditFacts(audit), width, paint),
        paint('dim', wrapped(auditMeaning, '  ', width)),
      ];

const widthOf = (columns: number) => Math.max(60, Math.min(widest, columns));

/** Shows a human audit alone; for `columns` see below. */
export const viewAudit = (audit: Audit, paint: Paint, columns = widest): string =>
  [...auditLines(audit, widthOf(columns), paint), ''].join('\n');

/**
 * Shows a certificate, and its human audit if there is one, to a reader who has never seen one.
 * @param columns the terminal's width in characters; undefined in a pipe.
 */
export const viewCertificate = (
  certificate: Certificate,
  paint: Paint,
  columns = widest,
  audit: Audit | null = null,
): string => {
  const width = widthOf(columns);
  const title = paint('bold', `Calibration certificate of ${plain(certificate.constructId)}`);
  return [
    '',
    `${title}  ${paint('yellow', certificate.tier)} ${paint('dim', certificate.methodologyVersion)}`,
    ...remarks(certificate).map((remark) => paint('yellow', wrapped(remark, '  ', width))),
    '',
    ...measureLines(certificate, audit?.result?.precision, paint),
    '',
    ...legendLines(certificate, width, paint),
    '',
    ...factLines(facts(certificate), width, paint),
    '',
    paint('bold', 'How far the judge can be trusted'),
    ...factLines(judgeTrustFacts(certificate), width, paint),
    paint('dim', wrapped(judgeTrustMeaning, '  ', width)),
    ...auditLines(audit, width, paint),
    '',
    ...usageLines(certificate, paint),
    ...replayTable(certificate, paint),
    '',
    paint('dim', wrapped(meaning, '  ', width)),
    '',
  ].join('\n');
};
