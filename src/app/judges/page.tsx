import type { Metadata } from 'next';
import { Code } from '#components/facts.tsx';
import { PageHeading, Section } from '#components/page-heading.tsx';
import { type JudgeRule, judgeOf } from '#contracts/judge-providers.ts';
import { floorMeaning, foldRule } from '#verification/certificate/claim-steps.ts';
import { serverApi } from '../server.ts';
import { Exams } from './exams.tsx';

export const metadata: Metadata = { title: 'Judges' };

/** The rule is wrapped at 120 characters. In the instructions each paragraph is one line. */
const shown = {
  rule: {
    heading: 'rule',
    remark: `It rules by this rule on forms that code can decide, judges no meaning and calls no model. Anyone can check its verdicts by hand with this rule. ${floorMeaning}`,
    shape: 'min-w-[120ch]',
  },
  instructions: {
    heading: 'instructions',
    remark:
      'Every call to the model begins with this text. The pull request and the questions about it follow, each fenced as untrusted.',
    shape: '',
  },
};

const Rule = ({ rule: { provider, promptDigest, text } }: { rule: JudgeRule }) => {
  const { heading, remark, shape } = shown[judgeOf(provider).model === null ? 'rule' : 'instructions'];
  return (
    <Section id={provider} title={`The ${provider} judge’s ${heading}`}>
      <p className="mb-2 max-w-[68ch]">{remark}</p>
      <p className="mb-4 text-sm text-muted">
        Certificates name it by its prompt digest <Code>{promptDigest}</Code>
      </p>
      <pre className="scroll-shadows overflow-x-auto rounded-md border border-line p-4 text-xs">
        <code className={`block break-words whitespace-pre-wrap ${shape}`}>{text}</code>
      </pre>
    </Section>
  );
};

const Folding = () => (
  <Section id="folding" title="Which claims are folded">
    <div className="max-w-[68ch] space-y-3">
      <p>Before any judge sees an oracle’s claims, code folds those that say nothing new.</p>
      <p>{foldRule.duplicates}</p>
      <p>{foldRule.restatements}</p>
      <ul className="list-disc space-y-2 pl-5">
        {foldRule.cases.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <p>{foldRule.exception}</p>
    </div>
  </Section>
);

const JudgesPage = async () => {
  const { judge } = await serverApi();
  const [rules, exams] = await Promise.all([judge.rules(), judge.exams()]);
  return (
    <>
      <PageHeading title="Judges">
        <p>
          How far the judges can be trusted, and the full rules of this version’s judges. A certificate names
          the rules that it was judged by with their digest. A different digest belongs to another version.
        </p>
      </PageHeading>
      <Exams {...exams} prompts={rules.map(({ promptDigest }) => promptDigest)} />
      <Folding />
      {rules.map((rule) => (
        <Rule key={rule.provider} rule={rule} />
      ))}
    </>
  );
};

export default JudgesPage;
