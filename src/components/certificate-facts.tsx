import type { Certificate, SeedSource } from '#contracts/certificate.ts';
import { exclusionReasons } from '#contracts/ground-truth.ts';
import { judgeOf } from '#contracts/judge-providers.ts';
import type { AnswerForm } from '#contracts/replay.ts';
import { Code, type Fact, Facts } from './facts.tsx';
import { costText, countOf, countText, exclusionTexts, notMeasured } from './format.ts';
import { usageFacts } from './usage-facts.ts';

export const ReplayCounts = ({ certificate }: { certificate: Certificate }) => {
  const { counts } = certificate;
  return (
    <Facts
      facts={[
        {
          term: 'Scored',
          value: countText(counts.scored),
          remark: 'The replays in the means above.',
        },
        {
          term: 'Oracle failures among them',
          value: countText(counts.oracleFailures),
          remark:
            'The oracle’s answer was an error, too late or malformed. It scores 0 on all three measures.',
        },
        {
          term: 'Unscored',
          value: countText(counts.unscored),
          remark: 'The verifier itself failed to get a verdict. Left out of the means: unscored is not zero.',
        },
        {
          term: 'Replaced before asking',
          value: countText(counts.replaced),
          remark:
            'Changes that no answer key could be made for. The next ones in seeded order took their place.',
        },
        { term: 'Oracle calls repeated', value: countText(counts.oracleRetries) },
        {
          term: 'Oracle asked again',
          value: countText(counts.oracleAskedAgain),
          remark:
            'Questions sent a second time, because the run was interrupted or cancelled before an outcome was stored. The oracle may have recognised them.',
        },
        {
          term: 'Judge asked again',
          value: countText(counts.judgeReasks),
          remark: 'Because a verdict was malformed, incomplete or without a quote.',
        },
        {
          term: 'Judge calls repeated',
          value: countText(counts.judgeRetries),
          remark: 'Because of rate limits, overload or broken connections.',
        },
        {
          term: 'Measures set to 0 by a control',
          value: countText(counts.controls),
          remark:
            'The judge gave no verdict on the oracle’s text, but gave one when shown the answer key’s own changes instead. So the text was the cause.',
        },
        {
          term: 'Answer keys reused',
          value: countText(counts.keysReused),
          remark: 'An earlier run made and paid for them.',
        },
      ]}
    />
  );
};

const seedRemarks: Record<SeedSource, string> = {
  verifier:
    'Drawn by the verifier from its log and a salt, after the attempt was logged, so the run’s owner could not choose it.',
  owner: 'Given by the run’s owner, who could try several seeds and so choose the sample.',
};

export const GroundTruthFacts = ({ certificate }: { certificate: Certificate }) => {
  const { draw } = certificate;
  const excluded = exclusionReasons.flatMap((reason) => {
    const count = draw.excluded[reason] ?? 0;
    return count > 0 ? [`${countText(count)} ${exclusionTexts[reason]}`] : [];
  });
  return (
    <Facts
      facts={[
        { term: 'Source', value: <bdi>{certificate.groundTruthSource}</bdi> },
        {
          term: 'Commit range',
          value: certificate.commitRange === null ? notMeasured : <Code>{certificate.commitRange}</Code>,
        },
        { term: 'Changes drawn from', value: countText(draw.listed) },
        { term: 'Asked for at most', value: countOf(draw.limit, 'change') },
        {
          term: 'Excluded while drawing',
          value: excluded.length === 0 ? 'none' : excluded.join('; '),
        },
        {
          term: 'Seed of the draw',
          value: <Code>{draw.seed}</Code>,
          remark: `${seedRemarks[draw.seedSource]} The same seed over the same changes draws the same sample.`,
        },
        {
          term: 'Shown to the oracle',
          value: draw.blinded ? 'blinded' : 'as merged',
          remark: draw.blinded
            ? 'Repository, number, author, hashes and links were withheld, and ids were random. A search for the code can still find the change.'
            : 'With everything that identifies the repository and the pull request.',
        },
      ]}
    />
  );
};

const costRemark = ({ usage, unanswered }: Certificate): string | undefined => {
  if (usage.costUsd === null)
    return 'The installation does not know the model’s price, or the endpoint did not state the tokens of some calls, which are then estimated from characters.';
  return unanswered.mostUsd === 0
    ? undefined
    : `Calls whose answer was lost may have cost another ${costText(unanswered.likelyUsd)}, at most ${costText(unanswered.mostUsd)}.`;
};

const heldTo: Record<AnswerForm, string> = {
  json_schema: 'by its API, with a strict JSON schema',
  json_object: 'to JSON by its API, and to the form by words in its prompt',
  words: 'by words in its prompt alone',
};

/** Where the judge is and how it was held to the form of its answers, if the operator chose the endpoint. */
const endpointFacts = ({ judgeEndpoint, judgeForms }: Certificate): Fact[] =>
  judgeEndpoint === null
    ? []
    : [
        { term: 'Endpoint of the judge', value: <Code>{judgeEndpoint}</Code> },
        {
          term: 'Held to the form of its answers',
          value:
            judgeForms.length === 0
              ? 'no call was answered'
              : judgeForms.map((form) => heldTo[form]).join('; '),
        },
      ];

export const MethodFacts = ({ certificate }: { certificate: Certificate }) => {
  const { usage, weights } = certificate;
  const facts: Fact[] = [
    { term: 'Methodology', value: certificate.methodologyVersion },
    { term: 'Judge', value: judgeOf(certificate.judge).label },
    { term: 'Scoring model', value: <Code>{certificate.scoringModel}</Code> },
    ...endpointFacts(certificate),
    {
      term: certificate.judge === 'offline' ? 'Digest of the rules' : 'Digest of the prompts',
      value: <Code>{certificate.promptDigest}</Code>,
    },
    {
      term: 'Weights',
      value: `precision ${weights.precision} : recall ${weights.recall} : reply accuracy ${weights.replyAccuracy}`,
    },
  ];
  if (certificate.judge === 'offline')
    facts.push({ term: 'Judge usage', value: 'no tokens, no cost: the offline check calls no model' });
  else
    facts.push(...usageFacts(usage), {
      term: 'Cost of judging',
      value: costText(usage.costUsd),
      remark: costRemark(certificate),
    });
  return <Facts facts={facts} />;
};
