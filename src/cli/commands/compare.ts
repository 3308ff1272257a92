import { toWire } from '#contracts/wire.ts';
import { type Comparison, compareCertificates } from '#verification/certificate/compare.ts';
import { whyNotInferred } from '#verification/certificate/judge-standing.ts';
import { roundedThroughout } from '#verification/statistics/aggregate.ts';
import { certificateAt } from '../certificate-at.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import { plain, plainJson, type Terminal } from '../terminal.ts';

const signed = (value: number) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(3)}`;

/** No p value is 0. */
export const pText = (p: number): string => (p < 0.0001 ? 'p < 0.0001' : `p ${p.toFixed(4)}`);

const inferenceText = ({ difference, tested }: Comparison) => {
  const { mean, n, differing } = difference;
  const on = `on ${n} common pull requests, of which ${differing} differ`;
  if (tested === null) return `${signed(mean)} ${on}: too few differ, or all alike, to infer anything`;
  const { interval, p } = tested;
  const found = interval.lower > 0 || interval.upper < 0 ? 'a difference' : 'no difference is shown';
  return `${signed(mean)} [${signed(interval.lower)} – ${signed(interval.upper)}], ${pText(p)}, ${on}: ${found}`;
};

const failureLines = ({ failures, withoutFailures, restsOnFailures }: Comparison) => {
  if (withoutFailures === null) return [];
  const { mean, inference, n } = withoutFailures;
  const range =
    inference === null
      ? `(interval not measured: ${whyNotInferred(n)})`
      : `[${signed(inference.interval.lower)} – ${signed(inference.interval.upper)}]`;
  return [
    `  without the ${failures.a + failures.b} failures of the oracles: ${signed(mean)} ${range}, on ${n}`,
    ...(restsOnFailures
      ? [
          inference === null
            ? '  The difference may rest on failures: without them there is too little to tell.'
            : '  The difference rests on failures: without them it is not found.',
        ]
      : []),
  ];
};

const mostCompared = 20;

/** `compare <certificate> <certificate> …`: the differences of composites on common pull requests. */
export const compareCommand = async (
  places: string[],
  options: { json?: boolean },
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<ExitCode> => {
  if (places.length < 2) throw new UsageError('Name at least two certificates to compare.');
  // Every two are compared.
  if (places.length > mostCompared)
    throw new UsageError(`Name at most ${mostCompared} certificates to compare.`);
  const certificates = await Promise.all(places.map((place) => certificateAt(place, signal)));
  const { compared, incomparable } = compareCertificates(certificates);
  if (options.json) terminal.result(plainJson(toWire(roundedThroughout({ compared, incomparable }))));
  else {
    const nameOf = (at: number) => `${at + 1} ${plain(certificates[at]?.constructId ?? '', 60)}`;
    terminal.result(
      [
        ...compared.flatMap((comparison) => [
          `${nameOf(comparison.a)} minus ${nameOf(comparison.b)}: ${inferenceText(comparison)}`,
          ...failureLines(comparison),
        ]),
        ...incomparable.map(({ a, b, why }) => `${nameOf(a)} and ${nameOf(b)} cannot be compared. ${why}`),
        'Composites, on the scale 0 to 1. Intervals and p values are held to Holm’s levels over all pairs.',
      ].join('\n'),
    );
  }
  return compared.length === 0 ? exitCodes.failed : exitCodes.done;
};
