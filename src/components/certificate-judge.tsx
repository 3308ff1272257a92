import Link from 'next/link';
import type { Certificate } from '#contracts/certificate.ts';
import type { Interval } from '#contracts/interval.ts';
import { judgeOf } from '#contracts/judge-providers.ts';
import { type JudgeTrust, reliableJudge } from '#contracts/judge-trust.ts';
import { canaryWays } from '#contracts/replay.ts';
import {
  canaryCountsText,
  neverReliable,
  reliabilityGaps,
  wayNames,
  whyNoCanaries,
} from '#verification/certificate/judge-standing.ts';
import { Estimate } from './estimate.tsx';
import { Code, Facts } from './facts.tsx';
import { countOf, countText, notMeasured, scoreText } from './format.ts';

const Rate = ({ rate }: { rate: { value: number; interval: Interval; of: number } | null }) =>
  rate === null ? (
    notMeasured
  ) : (
    <Estimate value={rate.value} interval={rate.interval}>
      , of {countText(rate.of)}
    </Estimate>
  );

const reliabilityRemark = ({ trust, judge }: Certificate) =>
  judgeOf(judge).model === null
    ? neverReliable
    : trust.reliable
      ? `At least ${reliableJudge.true} true canaries, ${reliableJudge.falseOfEachWay} false ones of every way and ${reliableJudge.injected} injected ones; an index whose lower bound is at least ${reliableJudge.youdenLower} in every way; and a leak rate whose upper bound is at most ${reliableJudge.leakUpper}.`
      : reliabilityGaps(trust).join(' ');

const bound = (youden: JudgeTrust['youden']) =>
  youden === null ? 'Untested.' : `Lower 95 % bound of q0 + q1 − 1: ${scoreText(youden.lower)}.`;

const Earlier = ({ certificates }: { certificates: string[] }) =>
  certificates.length === 0 ? (
    'none'
  ) : (
    <details>
      <summary className="cursor-pointer">{countOf(certificates.length, 'certificate')}</summary>
      <ul className="mt-1">
        {certificates.map((id) => (
          <li key={id}>
            <Link href={`/certificates/${id}`} prefetch={false} className="link">
              <Code>{id}</Code>
            </Link>
          </li>
        ))}
      </ul>
    </details>
  );

const examFacts = ({ exam }: Certificate) => {
  const page = (
    <Link href="/judges#exam" prefetch={false} className="link">
      The exam and all results
    </Link>
  );
  if (exam === null) return [{ term: 'Exam', value: 'The judge has not sat it here.', remark: page }];
  const { q1, q0, ways, leak, claims, askings } = exam;
  return [
    { term: 'Exam: true claims accepted', value: <Rate rate={q1} /> },
    { term: 'Exam: false claims rejected', value: <Rate rate={q0} /> },
    ...canaryWays.map((way) => ({
      term: `Exam: rejected, false in ${wayNames[way]}`,
      value: <Rate rate={ways[way]} />,
    })),
    {
      term: 'Exam: injected claims accepted',
      value: <Rate rate={leak} />,
      remark: (
        <>
          {countText(claims.ruled)} of {countOf(claims.shown, 'claim')} ruled on; publication half, asked{' '}
          {countOf(askings, 'time')} with these prompts. {page}
        </>
      ),
    },
  ];
};

/** What the canaries show about the judge, and why it does or does not count as reliable. */
export const JudgeTrustFacts = ({ certificate }: { certificate: Certificate }) => {
  const { trust } = certificate;
  const missing = whyNoCanaries(certificate);
  const { canaries, pool, q1, q0, leak, youden, ways, codeMade, authors, variantsDropped, reliable } = trust;
  return (
    <>
      <p className="mb-4 max-w-[68ch]">
        Canaries are claims of known truth, put unmarked among the oracle’s. They do not count in any score,
        so the judge’s verdicts on them show how often it errs. They are written with the answer key, before
        any oracle is asked: a change in other words, and the same with one thing made false. Code checks
        each, and none is left out because a judge supported it. An error that the writing model cannot see is
        in none of them, so q0 is an upper estimate.
      </p>
      <Facts
        facts={[
          {
            term: 'Counts as reliable',
            value: <span className="font-semibold">{reliable ? 'yes' : 'no'}</span>,
            remark: reliabilityRemark(certificate),
          },
          { term: 'True claims accepted (q1)', value: <Rate rate={q1} /> },
          { term: 'False claims rejected (q0)', value: <Rate rate={q0} /> },
          ...canaryWays.map((way) => ({
            term: `Rejected where false in ${wayNames[way]}`,
            value: <Rate rate={ways[way].q0} />,
            remark: bound(ways[way].youden),
          })),
          {
            term: 'Injected claims accepted (leak)',
            value: <Rate rate={leak} />,
            remark:
              'False claims that also order the judge to accept them. They are counted separately and are not part of q0.',
          },
          {
            term: 'Index (q0 + q1 − 1)',
            value:
              youden === null ? (
                notMeasured
              ) : (
                <>
                  <span className="font-semibold">{scoreText(youden.value)}</span>{' '}
                  <span className="text-sm text-muted">lower 95 % bound: {scoreText(youden.lower)}</span>
                </>
              ),
            remark: '1 for a judge that never errs, 0 for one that guesses.',
          },
          {
            term: 'Facts that code read off the diff: accepted',
            value: <Rate rate={codeMade.q1} />,
          },
          {
            term: 'Facts that code made false: rejected',
            value: <Rate rate={codeMade.q0} />,
            remark: 'Both are easier than natural claims and count for nothing.',
          },
          {
            term: 'Canaries of this run',
            value: canaryCountsText(canaries),
            remark: [
              ...(missing === null ? [] : [missing]),
              `Code did not accept ${countOf(variantsDropped, 'variant')}.`,
            ].join(' '),
          },
          ...examFacts(certificate),
          ...authors.map(({ author, q1: accepted, q0: rejected }) => ({
            term: `Written by ${author}`,
            value: (
              <>
                q1 <Rate rate={accepted} />; q0 <Rate rate={rejected} />
              </>
            ),
          })),
          {
            term: 'Canaries of earlier runs',
            value: <Earlier certificates={pool.certificates} />,
            remark:
              pool.certificates.length === 0
                ? 'The rates are from this run alone.'
                : `The rates are from this run and these earlier ones, with the same judge model and prompts, on other repositories and within 90 days: ${canaryCountsText(pool.canaries)} together. Each change of the earlier runs counts once, as in its earliest certificate.`,
          },
        ]}
      />
    </>
  );
};

const Agreement = ({
  agreement,
  of,
}: {
  agreement: NonNullable<JudgeTrust['agreement']>['verdicts'];
  of: string;
}) =>
  agreement === null ? (
    notMeasured
  ) : (
    <>
      <Estimate value={agreement.raw} interval={agreement.interval}>
        , of {countText(agreement.n)} {of}
      </Estimate>
      <span className="block">
        Cohen’s kappa {agreement.kappa === null ? 'not defined' : scoreText(agreement.kappa)}
      </span>
    </>
  );

/** How often another judge, or the same one asked again, gave the same verdicts on the same answers. */
export const SecondJudgeFacts = ({ certificate }: { certificate: Certificate }) => {
  const { trust, scoringModel, judge } = certificate;
  const { agreement } = trust;
  if (agreement === null)
    return <p className="max-w-[68ch]">Agreement was not measured: no replay was judged again.</p>;
  return (
    <>
      <p className="mb-4 max-w-[68ch]">
        Some of the oracle’s answers were judged again. The second verdicts do not count in any score.
        Agreement is not correctness: two judges can make the same mistakes. Kappa is 1 if they always agree
        and 0 if they agree as often as by chance. It is not defined if both gave one and the same verdict
        throughout.
      </p>
      <Facts
        facts={[
          {
            term: 'Judge',
            value: (
              <>
                {judgeOf(agreement.provider).label} <Code>{agreement.model}</Code>
                {agreement.endpoint === null ? null : (
                  <>
                    {' '}
                    at <Code>{agreement.endpoint}</Code>
                  </>
                )}
              </>
            ),
            ...(agreement.model === scoringModel && agreement.provider === judge
              ? {
                  remark:
                    judge === 'offline'
                      ? 'The offline check always gives the same verdict, so its agreement shows nothing.'
                      : 'The same model, asked a second time.',
                }
              : {}),
          },
          { term: 'Replays judged by both', value: countText(agreement.replays) },
          {
            term: 'Same verdict on claims and changes',
            value: <Agreement agreement={agreement.verdicts} of="verdicts" />,
          },
          {
            term: 'Same verdict on replies',
            value: <Agreement agreement={agreement.replies} of="replies" />,
          },
        ]}
      />
    </>
  );
};
