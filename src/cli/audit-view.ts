import type { Audit, AuditResult } from '#contracts/audit.ts';
import type { Interval } from '#contracts/interval.ts';

type Measured = { value: number; interval: Interval };

const notMeasured = 'not measured';
const score = (value: number) => value.toFixed(3);
const measured = (each: Measured | null, why: string) =>
  each === null
    ? why
    : `${score(each.value)} [${score(each.interval.lower)} – ${score(each.interval.upper)}]`;

const resultFacts = ({
  labels,
  precision,
  bounds,
  q1,
  q0,
  kappa,
  byRates,
}: AuditResult): [string, string][] => [
  ['Labels', `${labels.true} true · ${labels.false} false · ${labels.cannotTell} cannot tell`],
  [
    'Precision',
    `${measured(precision, `${notMeasured}: no claim of one kind could be told`)}${
      labels.cannotTell === 0
        ? ''
        : `; from ${score(bounds.lower)} to ${score(bounds.upper)} if what could not be told is all false, or all true`
    }${byRates === null ? '' : `; corrected by q0 and q1 instead: ${score(byRates)}`}`,
  ],
  [
    'Judge',
    `q1 ${measured(q1, notMeasured)} (true claims supported), q0 ${measured(q0, notMeasured)} (false ones not supported)`,
  ],
  ['Kappa', `${measured(kappa, notMeasured)} between judge and owner`],
];

/** A finished audit, or how it stands. */
export const auditFacts = ({ result, size, begunAt, finishedAt }: Audit): [string, string][] =>
  result === null || finishedAt === null
    ? [['Begun', `${begunAt}, on ${size} claims, and not finished`]]
    : [...resultFacts(result), ['Finished', `${finishedAt}, begun ${begunAt}`]];

export const auditMeaning =
  'In an audit, the owner of a run labels some of its claims without being shown the judge’s verdicts. Its precision is ' +
  'what these labels and the verdicts on all claims together show. The certificate is not changed by it.';
