import type { Interval } from '#contracts/interval.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { Estimate } from './estimate.tsx';
import { Facts } from './facts.tsx';
import { countOf, differenceText, notMeasured, scoreText } from './format.ts';

const liftRemark = (interval: Interval | null) => {
  if (interval === null) return 'A single pull request has no interval.';
  if (interval.lower > 0) return 'The interval is above 0: the oracle scored above the baseline.';
  if (interval.upper < 0) return 'The interval is below 0: the oracle scored below the baseline.';
  return 'The interval includes 0: it is not shown that the oracle scored above the baseline.';
};

/** How far the oracle is above an answer that only repeats title and description. */
export const LiftFacts = ({ trust }: { trust: JudgeTrust }) => {
  const { baseline } = trust;
  return (
    <>
      <p className="mb-4 max-w-[68ch]">
        The baseline only repeats a pull request’s title and description and answers no question. It is judged
        like an oracle, by the same answer keys. The lift is the oracle’s composite minus the baseline’s, on
        the same pull requests.
      </p>
      <Facts
        facts={[
          baseline === null
            ? {
                term: 'Lift',
                value: notMeasured,
                remark: 'The baseline was not judged on these pull requests.',
              }
            : {
                term: 'Lift',
                value: (
                  <Estimate value={baseline.lift} interval={baseline.interval} show={differenceText}>
                    , over {countOf(baseline.replays, 'pull request')}
                  </Estimate>
                ),
                remark: liftRemark(baseline.interval),
              },
          {
            term: 'Composite of the baseline',
            value: baseline === null ? notMeasured : scoreText(baseline.compositeScore),
          },
        ]}
      />
    </>
  );
};
