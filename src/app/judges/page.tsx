import type { Metadata } from 'next';
import { Code } from '#components/facts.tsx';
import { PageHeading, Section } from '#components/page-heading.tsx';
import { type JudgeRule, judgeOf } from '#contracts/judge-providers.ts';
import { serverApi } from '../server.ts';

export const metadata: Metadata = { title: 'Judges' };

/** The rule has line ends within its paragraphs, 120 characters apart; of the instructions each paragraph is a line. */
const shown = {
  rule: {
    heading: 'The offline judge’s rule',
    remark:
      'It compares words by this rule and asks nobody. With it any of its verdicts can be found by hand.',
    shape: 'min-w-[120ch]',
  },
  instructions: {
    heading: 'The model judge’s instructions',
    remark:
      'Every call to the model begins with this text, then come the pull request and what is asked about it, each fenced as untrusted.',
    shape: '',
  },
};

const Rule = ({ rule: { provider, promptDigest, text } }: { rule: JudgeRule }) => {
  const { heading, remark, shape } = shown[judgeOf(provider).model === null ? 'rule' : 'instructions'];
  return (
    <Section id={provider} title={heading}>
      <p className="mb-2 max-w-[68ch]">{remark}</p>
      <p className="mb-4 text-sm text-muted">
        On certificates as prompt digest <Code>{promptDigest}</Code>
      </p>
      <pre className="scroll-shadows overflow-x-auto rounded-md border border-line p-4 text-xs">
        <code className={`block break-words whitespace-pre-wrap ${shape}`}>{text}</code>
      </pre>
    </Section>
  );
};

const JudgesPage = async () => {
  const rules = await (await serverApi()).judge.rules();
  return (
    <>
      <PageHeading title="Judges">
        <p>
          What the judges of this version go by, to the last word. A certificate names the text that it was
          judged by with its digest; another digest is another version’s.
        </p>
      </PageHeading>
      {rules.map((rule) => (
        <Rule key={rule.provider} rule={rule} />
      ))}
    </>
  );
};

export default JudgesPage;
