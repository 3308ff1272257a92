import type { Interval } from '#contracts/interval.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { Estimate } from './estimate.tsx';
import { Facts } from './facts.tsx';
import { countOf, differenceText, notMeasured, scoreText } from './format.ts';

const liftRemark = (interval: Interval | null) => {
  if (interval === null) return 'One pull request has no interval.';
  if (interval.lower > 0) return 'The interval lies above 0: the oracle scored above the parrot.';
  if (interval.upper < 0) return 'The interval lies below 0: the oracle scored below the parrot.';
  return 'The interval holds 0: it is not shown that the oracle scored above the parrot.';
};

/** How far the oracle lies above saying title and description back. */
export const LiftFacts = ({ trust }: { trust: JudgeTrust }) => {
  const { baseline } = trust;
  return (
    <>
      <p className="mb-4 max-w-[68ch]">
        A parrot says a pull request’s title and description back and answers no question. It is judged like
        an oracle, by the same answer keys; the lift is the oracle’s composite less the parrot’s on the same
        pull requests.
      </p>
      <Facts
        facts={[
          baseline === null
            ? { term: 'Lift', value: notMeasured, remark: 'No parrot was judged on these pull requests.' }
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
            term: 'Composite of the parrot',
            value: baseline === null ? notMeasured : scoreText(baseline.compositeScore),
          },
        ]}
      />
    </>
  );
};
