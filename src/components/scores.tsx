import type { Audit } from '#contracts/audit.ts';
import type { Certificate } from '#contracts/certificate.ts';
import { precisionMeaning } from '#verification/certificate/claim-steps.ts';
import { ceilingText, readAdjustedPrecision } from '#verification/certificate/judge-standing.ts';
import { Estimate } from './estimate.tsx';
import { type Fact, Facts } from './facts.tsx';
import { countOf, intervalText, notMeasured, percentText, scoreText } from './format.ts';
import { ScoreBar } from './score-bar.tsx';

const rows = [
  {
    key: 'compositeScore',
    label: 'Composite',
    meaning: 'The weighted mean of the three measures.',
    max: 1,
  },
  {
    key: 'precision',
    label: 'Precision',
    meaning: precisionMeaning,
    max: 1,
  },
  {
    key: 'recall',
    label: 'Recall',
    meaning: 'The share of the important changes that its summary surfaced.',
    max: 1,
  },
  {
    key: 'replyAccuracy',
    label: 'Reply accuracy',
    meaning: 'How correct its reply to one factual question about the diff was.',
    max: 1,
  },
  {
    key: 'brier',
    label: 'Brier (mapped)',
    meaning:
      '(1 − composite) / 2: from 0 to 0.5, lower is better. Consumers expect this mapping; it is not a Brier score of probabilities.',
    max: 0.5,
  },
] as const;

/** Every score with its number, its 95 % interval and a drawing of both on its scale. */
export const Scores = ({ certificate }: { certificate: Certificate }) => (
  <dl className="divide-y divide-line rounded-md border border-line bg-sheet">
    {rows.map(({ key, label, meaning, max }) => (
      <div
        key={key}
        data-score={key}
        className="grid gap-x-8 gap-y-2 px-4 py-4 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)] sm:px-6"
      >
        <dt>
          <span className={key === 'compositeScore' ? 'text-lg font-semibold' : 'font-semibold'}>
            {label}
          </span>
          <span className="mt-0.5 block text-sm text-muted">{meaning}</span>
        </dt>
        <dd>
          <p className="flex flex-wrap items-baseline justify-between gap-x-4 tabular-nums">
            <span
              data-value
              className={key === 'compositeScore' ? 'text-3xl font-semibold' : 'text-xl font-semibold'}
            >
              {scoreText(certificate[key])}
            </span>
            <span className="text-sm text-muted">
              95 %: {intervalText(certificate.intervals[key])}
              {key === 'brier' ? '' : `, design effect ${certificate.designEffects[key].toFixed(2)}`}
            </span>
          </p>
          <ScoreBar value={certificate[key]} interval={certificate.intervals[key]} max={max} />
          <p className="flex justify-between text-xs text-muted tabular-nums" aria-hidden="true">
            <span>0</span>
            <span>{max}</span>
          </p>
        </dd>
      </div>
    ))}
  </dl>
);

const adjustedRemark =
  'Precision corrected for the mistakes that the canaries show the judge to make. It never replaces the raw value, because canaries are probably easier to spot than natural errors.';

/** Numbers to read beside the scores. They replace none of them. */
export const BesideScores = ({ certificate, audit }: { certificate: Certificate; audit: Audit | null }) => {
  const { trust, counts, precision, keyless } = certificate;
  const adjusted = readAdjustedPrecision(certificate);
  const facts: Fact[] = [
    {
      term: 'Precision, judge-adjusted',
      value:
        adjusted.kind === 'not measured' ? (
          notMeasured
        ) : (
          <Estimate value={adjusted.value} interval={adjusted.interval}>
            , raw {scoreText(precision)}, at the q0 of the worst way {scoreText(adjusted.atWorstWay)}
          </Estimate>
        ),
      remark:
        adjusted.kind === 'not measured'
          ? adjusted.why
          : adjusted.atCeiling
            ? `${ceilingText} ${adjustedRemark}`
            : adjustedRemark,
    },
  ];
  if (audit?.result)
    facts.push({
      term: 'Precision, by the owner’s audit',
      value:
        audit.result.precision === null ? (
          notMeasured
        ) : (
          <Estimate value={audit.result.precision.value} interval={audit.result.precision.interval}>
            , {countOf(audit.size, 'claim')} labelled by the owner
          </Estimate>
        ),
      remark: 'The owner’s word in place of the judge’s on some of the claims; see Human audit.',
    });
  if (counts.unscored > 0)
    facts.push({
      term: 'Composite with the unscored at 0 and at 1',
      value: intervalText(trust.bounds),
      remark: `The lowest and highest composite that the ${countOf(counts.unscored, 'unscored replay')} could have led to; not a confidence interval.`,
    });
  if (counts.replaced > 0)
    facts.push({
      term: 'Composite with the keyless at 0 and at 1',
      value: intervalText(keyless.bounds),
      remark: `No answer key could be made for ${percentText(keyless.share)} of the changes, so others took their place. The bounds say what that selection can hide; they are not a confidence interval.`,
    });
  return <Facts facts={facts} />;
};
