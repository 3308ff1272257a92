import type { JudgeTrust, Lift } from '#contracts/judge-trust.ts';
import { hasLittleRoom, littleRoomText, whyNotInferred } from '#verification/certificate/judge-standing.ts';
import { Estimate } from './estimate.tsx';
import { type Fact, Facts } from './facts.tsx';
import { countOf, differenceText, measureNames, notMeasured, scoreText } from './format.ts';

const liftRemark = ({ interval }: Lift, replays: number) => {
  if (interval === null) return `The interval is ${notMeasured}: ${whyNotInferred(replays)}.`;
  if (interval.lower > 0) return 'The interval is above 0: the oracle scored above the baseline.';
  if (interval.upper < 0) return 'The interval is below 0: the oracle scored below the baseline.';
  return 'The interval includes 0: it is not shown that the oracle scored above the baseline.';
};

const factsOf = (baseline: NonNullable<JudgeTrust['baseline']>): Fact[] =>
  measureNames.map(([measure, term]) => ({
    term,
    value: (
      <span data-lift={measure}>
        <Estimate value={baseline[measure].lift} interval={baseline[measure].interval} show={differenceText}>
          , the baseline {scoreText(baseline[measure].value)}
        </Estimate>
      </span>
    ),
    remark: liftRemark(baseline[measure], baseline.replays),
  }));

/** How far the oracle is above an answer that has only title and description. */
export const LiftFacts = ({ trust: { baseline } }: { trust: JudgeTrust }) => (
  <>
    <p className="mb-4 max-w-[68ch]">
      The baseline has only a pull request’s title and description: they are its summary, their sentences its
      claims, the description its reply. It is judged beside the oracle’s own answer, by the same answer keys.
      The lift is the oracle’s measure minus the baseline’s
      {baseline === null ? '' : `, on the same ${countOf(baseline.replays, 'pull request')}`}.
    </p>
    {baseline === null ? (
      <Facts
        facts={[
          {
            term: 'Lift',
            value: notMeasured,
            remark: 'The baseline was not judged on these pull requests.',
          },
        ]}
      />
    ) : (
      <Facts facts={factsOf(baseline)} />
    )}
    {baseline !== null && hasLittleRoom(baseline) ? (
      <p className="mt-3 max-w-[68ch] text-sm text-muted">{littleRoomText}</p>
    ) : null}
  </>
);
