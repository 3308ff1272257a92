import type { Certificate, UsageByMeasure } from '#contracts/certificate.ts';
import type { Interval } from '#contracts/interval.ts';
import { judgeOf } from '#contracts/judge-providers.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { canaryWays, estimatedTokensText } from '#contracts/replay.ts';
import {
  canaryCountsText,
  ceilingText,
  hasLeaked,
  hasLittleRoom,
  littleRoomText,
  neverReliable,
  readAdjustedPrecision,
  reliabilityGaps,
  wayNames,
  whyNoCanaries,
  whyNotInferred,
  whyNotReliable,
} from '#verification/certificate/judge-standing.ts';

const notMeasured = 'not measured';

const score = (value: number) => {
  const text = value.toFixed(3);
  return text === '-0.000' ? '0.000' : text.replace('-', '−');
};
const signed = (value: number) => {
  const text = score(value);
  return value > 0 && text !== score(0) ? `+${text}` : text;
};
const range = ({ lower, upper }: Interval, show = score) => `[${show(lower)} – ${show(upper)}]`;

type Estimate = { value: number; interval: Interval };
const estimated = ({ value, interval }: Estimate) => `${score(value)} ${range(interval)}`;

const rate = (of: (Estimate & { of: number }) | null) =>
  of === null ? notMeasured : `${estimated(of)} of ${of.of}`;

const adjusted = (certificate: Certificate) => {
  const reading = readAdjustedPrecision(certificate);
  if (reading.kind === 'not measured') return `${notMeasured}: ${reading.why}`;
  const ceiling = reading.atCeiling ? ` ${ceilingText}` : '';
  return `${estimated(reading)}, corrected for the judge’s measured mistakes; it does not replace the raw value. ${score(reading.atWorstWay)} with the q0 of the worst way.${ceiling}`;
};

const liftNames = [
  ['compositeScore', 'composite'],
  ['precision', 'precision'],
  ['recall', 'recall'],
  ['replyAccuracy', 'reply'],
] as const;

const lift = ({ baseline }: JudgeTrust) => {
  if (baseline === null) return notMeasured;
  const areAllWithout = liftNames.every(([measure]) => baseline[measure].interval === null);
  const measured = liftNames.map(([measure, name]) => {
    const { value, lift: above, interval } = baseline[measure];
    const unmeasured = areAllWithout ? '' : ` (interval ${notMeasured}: ${whyNotInferred(baseline.replays)})`;
    const within = interval === null ? unmeasured : ` ${range(interval, signed)}`;
    return `${name} ${signed(above)}${within} over ${score(value)}`;
  });
  const { replays } = baseline;
  const room = hasLittleRoom(baseline) ? `. ${littleRoomText}` : '';
  const why = areAllWithout ? `; intervals ${notMeasured}: ${whyNotInferred(baseline.replays)}` : '';
  return `${measured.join(', ')}${why}; on ${replays} pull ${replays === 1 ? 'request' : 'requests'}${room}`;
};

const agreed = (agreement: NonNullable<JudgeTrust['agreement']>['verdicts']) =>
  agreement === null
    ? notMeasured
    : `${estimated({ value: agreement.raw, interval: agreement.interval })} of ${agreement.n}, Cohen’s kappa ${
        agreement.kappa === null ? 'not defined' : score(agreement.kappa)
      }`;

const agreementFacts = ({ agreement }: JudgeTrust, judge: Certificate['judge']): [string, string][] =>
  agreement === null
    ? [['Agreement', 'not measured: no replay was judged again']]
    : [
        [
          'Judged again by',
          `${agreement.provider}, ${agreement.model}${agreement.endpoint === null ? '' : ` at ${agreement.endpoint}`}, over ${agreement.replays} ${agreement.replays === 1 ? 'replay' : 'replays'}${
            judge === 'offline' ? '; it always gives the same verdict, so its agreement shows nothing' : ''
          }`,
        ],
        ['Same verdicts', `${agreed(agreement.verdicts)} (claims and changes)`],
        ['Same on replies', agreed(agreement.replies)],
      ];

const exam = ({ exam: named }: Certificate) => {
  if (named === null) return 'the judge has not sat it here';
  const { q1, q0, ways, leak, claims, askings } = named;
  const byWay = canaryWays.map((way) => `${way} ${rate(ways[way])}`);
  return `q1 ${rate(q1)}, q0 ${rate(q0)} (${byWay.join(', ')}), leak ${rate(leak)}; ${claims.ruled} of ${claims.shown} claims ruled on; publication half, asked ${askings} ${askings === 1 ? 'time' : 'times'} with these prompts`;
};

/** How far the judge can be trusted, term by term. */
export const judgeTrustFacts = (certificate: Certificate): [string, string][] => {
  const { trust, counts } = certificate;
  const { canaries, pool, youden, ways, codeMade, authors, variantsDropped, reliable } = trust;
  const earlier = pool.certificates.length;
  const missing = whyNoCanaries(certificate);
  return [
    [
      'Reliable',
      reliable
        ? 'yes'
        : `no: ${judgeOf(certificate.judge).model === null ? neverReliable : reliabilityGaps(trust).join(' ')}`,
    ],
    ['True accepted', `${rate(trust.q1)} (q1)`],
    ['False rejected', `${rate(trust.q0)} (q0)`],
    ...canaryWays.map((way): [string, string] => [
      `  ${way}`,
      `${rate(ways[way].q0)}${ways[way].youden === null ? '' : `, q0 + q1 − 1 from ${score(ways[way].youden.lower)}`} (${wayNames[way]})`,
    ]),
    ['Injected taken', `${rate(trust.leak)} (leak rate)`],
    [
      'q0 + q1 − 1',
      youden === null ? notMeasured : `${score(youden.value)}, lower 95 % bound ${score(youden.lower)}`,
    ],
    [
      'Canaries',
      `${canaryCountsText(canaries)} in this run · ${
        earlier === 0
          ? 'none from earlier runs'
          : `${canaryCountsText(pool.canaries)} with ${earlier} earlier ${earlier === 1 ? 'certificate' : 'certificates'}: ${pool.certificates.join(', ')} (each change counts once, from the earliest certificate that has it)`
      }${missing === null ? '' : `. ${missing}`}`,
    ],
    [
      'Made by code',
      `${rate(codeMade.q1)} of true ones accepted, ${rate(codeMade.q0)} of false ones rejected; they count for nothing`,
    ],
    ...authors.map(({ author, q1, q0 }): [string, string] => [
      'Written by',
      `${author}: q1 ${rate(q1)}, q0 ${rate(q0)}`,
    ]),
    ...(variantsDropped === 0
      ? []
      : ([['Left out', `${variantsDropped} variants that code did not accept`]] satisfies [
          string,
          string,
        ][])),
    ['Exam', exam(certificate)],
    ['Adj. precision', adjusted(certificate)],
    ['Over the baseline', lift(trust)],
    ...(counts.unscored > 0
      ? ([
          [
            'Unscored',
            `composite ${score(trust.bounds.lower)} with all ${counts.unscored} at 0, ${score(trust.bounds.upper)} with them at 1`,
          ],
        ] satisfies [string, string][])
      : []),
    ...agreementFacts(trust, certificate.judge),
  ];
};

export const judgeTrustMeaning =
  'A canary is a claim of known truth, put unmarked among the oracle’s: a change of the answer key in other words, or ' +
  'the same with one thing made false. An injected one is false and orders the judge to accept it. An error that the ' +
  'model that writes them cannot see is in none, so q0 is an upper estimate. The baseline has title and description only.';

/** Null if the judge is shown to be reliable. */
export const reliabilityRemark = (certificate: Certificate): string | null => {
  const why = whyNotReliable(certificate);
  return why && `The judge is not shown to be reliable. ${why}`;
};

/** Null if no injected canary was accepted, in this run or in the earlier runs of the pool. */
export const leakRemark = ({ trust }: Certificate): string | null => {
  if (!hasLeaked(trust)) return null;
  const own = trust.canaries.injected;
  const together = trust.pool.canaries.injected;
  const here =
    own.shown === 0
      ? 'this run contained none'
      : `the judge accepted ${own.supported} of ${own.shown} in this run`;
  return `Injected canaries leaked: ${here}${
    trust.pool.certificates.length > 0 ? `, ${together.supported} of ${together.shown} with earlier ones` : ''
  }. An oracle could gain by writing orders into its claims.`;
};

const measures: Record<keyof UsageByMeasure, string> = {
  answerKey: 'answer keys',
  precision: 'precision',
  recall: 'recall',
  reply: 'replies',
  baseline: 'baseline',
  second: 'agreement',
};

/** Rows of calls, tokens and cost under a heading; empty if no judge was paid. */
export const usageRows = ({ usage, usageByMeasure }: Certificate): string[] => {
  if (usage.calls === 0) return [];
  const row = (cells: string[]) =>
    `  ${cells.map((cell, column) => (column === 0 ? cell.padEnd(17) : cell.padStart(12))).join('')}`;
  return [
    row(['judge usage for', 'calls', 'tokens in', 'tokens out', 'USD']),
    ...(Object.keys(measures) as (keyof UsageByMeasure)[]).map((measure) => {
      const { calls, inputTokens, cacheWriteTokens, cacheReadTokens, outputTokens, costUsd } =
        usageByMeasure[measure];
      const tokens = (amount: number) =>
        `${usageByMeasure[measure].estimatedCalls === 0 ? '' : '≈'}${amount.toLocaleString('en')}`;
      return row([
        measures[measure],
        `${calls}`,
        tokens(inputTokens + cacheWriteTokens + cacheReadTokens),
        tokens(outputTokens),
        costUsd === null ? 'unknown' : costUsd.toFixed(4),
      ]);
    }),
    ...(usage.estimatedCalls === 0 ? [] : [`  ≈: ${estimatedTokensText(usage)}, from characters`]),
  ];
};
