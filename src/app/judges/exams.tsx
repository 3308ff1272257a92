import { Code, Facts } from '#components/facts.tsx';
import { costText, countOf, countText, intervalText, notMeasured, scoreText } from '#components/format.ts';
import { Section } from '#components/page-heading.tsx';
import { ScrollTable } from '#components/scroll-table.tsx';
import { Time } from '#components/time.tsx';
import {
  type ExamDescription,
  examHalves,
  examScripts,
  type ListedExam,
  type ScriptedExam,
} from '#contracts/exam.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { canaryWays } from '#contracts/replay.ts';

const numberCell = 'py-2 pr-4 text-right tabular-nums whitespace-nowrap align-top';
const numberHead = 'column-head text-right';

const RateCell = ({ rate }: { rate: JudgeTrust['q0'] }) => (
  <td className={numberCell}>
    {rate === null ? (
      notMeasured
    ) : (
      <>
        {scoreText(rate.value)}
        <span className="block text-sm text-muted">
          {intervalText(rate.interval)}, of {countText(rate.of)}
        </span>
      </>
    )}
  </td>
);

const claimsRemark = ({ claims: { shown, ruled, notRuledOn, unanswered } }: ListedExam) =>
  [
    `${countText(ruled)} of ${countOf(shown, 'claim')} ruled on`,
    ...(notRuledOn > 0 ? [`${countText(notRuledOn)} not ruled on, in no rate`] : []),
    ...(unanswered > 0 ? [`${countText(unanswered)} without a usable verdict`] : []),
  ].join('; ');

/** What this version would ask: the exam's material, and the digests of its judges' prompts. */
type Current = { material: string; prompts: readonly string[] };

const FigureCells = ({ q1, q0, ways, leak }: Pick<ListedExam, 'q1' | 'q0' | 'ways' | 'leak'>) => (
  <>
    <RateCell rate={q1} />
    <RateCell rate={q0} />
    {canaryWays.map((way) => (
      <RateCell key={way} rate={ways[way]} />
    ))}
    <RateCell rate={leak} />
  </>
);

const FigureHeads = () => (
  <>
    <th scope="col" className={numberHead}>
      q1
    </th>
    <th scope="col" className={numberHead}>
      q0
    </th>
    {canaryWays.map((way) => (
      <th key={way} scope="col" className={numberHead}>
        q0, {way}
      </th>
    ))}
    <th scope="col" className={numberHead}>
      Leak
    </th>
  </>
);

const Result = ({ result, current }: { result: ListedExam; current: Current }) => (
  <tr>
    <th scope="row" className="max-w-80 min-w-56 py-2 pr-4 pl-4 text-left align-top font-normal sm:pl-6">
      <span className="block break-words">
        {result.provider}, {result.model}
        {result.endpoint === null ? null : ` at ${result.endpoint}`}
      </span>
      <span className="block text-sm text-muted">
        {result.half} half,{' '}
        {result.askedAt === null ? 'as this version’s rule gives it' : <Time at={result.askedAt} />}
        {result.material === current.material ? null : ', of an earlier exam'}
        {current.prompts.includes(result.promptDigest) ? null : ', with earlier prompts'}
      </span>
      <span className="block text-sm text-muted">
        asked {countOf(result.askings, 'time')} with prompts <Code>{result.promptDigest.slice(0, 12)}</Code>
      </span>
      <span className="block text-sm text-muted">{claimsRemark(result)}</span>
    </th>
    <FigureCells {...result} />
    <td className={`${numberCell} sm:pr-6`}>{costText(result.usage.costUsd)}</td>
  </tr>
);

const Results = ({ results, current }: { results: ListedExam[]; current: Current }) => (
  <ScrollTable label="Exam results">
    <thead className="border-b border-line">
      <tr>
        <th scope="col" className="column-head pl-4 sm:pl-6">
          Judge
        </th>
        <FigureHeads />
        <th scope="col" className={`${numberHead} sm:pr-6`}>
          Cost
        </th>
      </tr>
    </thead>
    <tbody className="divide-y divide-line">
      {results.map((result) => (
        <Result
          key={`${result.provider} ${result.model} ${result.endpoint} ${result.promptDigest} ${result.half} ${result.material}`}
          result={result}
          current={current}
        />
      ))}
    </tbody>
  </ScrollTable>
);

const References = ({ references }: { references: ScriptedExam[] }) => (
  <ScrollTable label="What scripts would score">
    <thead className="border-b border-line">
      <tr>
        <th scope="col" className="column-head pl-4 sm:pl-6">
          Script, no judge
        </th>
        <FigureHeads />
      </tr>
    </thead>
    <tbody className="divide-y divide-line">
      {references.map((reference) => (
        <tr key={`${reference.script} ${reference.half}`} data-script={reference.script}>
          <th
            scope="row"
            className="max-w-80 min-w-56 py-2 pr-4 pl-4 text-left align-top font-normal sm:pl-6"
          >
            <Code>{reference.script}</Code>
            <span className="block text-sm text-muted">
              {examScripts[reference.script]}; {reference.half} half
            </span>
          </th>
          <FigureCells {...reference} />
        </tr>
      ))}
    </tbody>
  </ScrollTable>
);

const factsOf = (exam: ExamDescription) => [
  {
    term: 'Pairs',
    value: `${countText(exam.pairs)} about ${countOf(exam.changes, 'change')}`,
    remark: canaryWays.map((way) => `${way} ${countText(exam.pairsByWay[way])}`).join(', '),
  },
  {
    term: 'Halves',
    value: examHalves.map((half) => `${half} ${countText(exam.pairsByHalf[half])}`).join(', '),
  },
  { term: 'Left out as disputed', value: countOf(exam.disputed, 'pair') },
  ...exam.readers.map(({ reader, agreeing, of }) => ({
    term: `Labels of ${reader}`,
    value: `${countText(agreeing)} of ${countText(of)} agree with the pair’s writer`,
  })),
  { term: 'Material', value: <Code>{exam.material}</Code> },
];

/** The exam, who wrote and read it, and how each judge did. */
export const Exams = ({
  exam,
  results,
  references,
  prompts,
}: {
  exam: ExamDescription;
  results: ListedExam[];
  references: ScriptedExam[];
  prompts: Current['prompts'];
}) => (
  <Section id="exam" title="The exam">
    <p className="mb-4 max-w-[68ch]">
      The exam is a fixed, public set of pairs: a true and a false claim about the same fact of a change. q1
      is the share of true claims that a judge supported, q0 the share of false ones that it rejected, and
      leak the share of false claims with an order to accept them that it accepted, each with its 95 %
      interval.
    </p>
    <Results results={results} current={{ material: exam.material, prompts }} />
    <p className="mt-4 max-w-[68ch] text-sm text-muted">
      <Code>echelon-verify judge exam</Code> examines any judge; with <Code>--dry-run</Code> it shows the cost
      first.
    </p>
    <h3 className="mt-8 mb-4 font-semibold">What scripts would score</h3>
    <p className="mb-4 max-w-[68ch]">
      For comparison: no judge gave these figures. Each script is given the answers, and is wrong in one
      particular way. <Code>echelon-verify judge exam --script always_yes</Code> computes them again.
    </p>
    <References references={references} />
    <h3 className="mt-8 mb-4 font-semibold">What it consists of, and who wrote it</h3>
    <Facts facts={factsOf(exam)} />
    <ul className="mt-4 max-w-[68ch] list-disc space-y-2 pl-5">
      {exam.remarks.map((remark) => (
        <li key={remark}>{remark}</li>
      ))}
    </ul>
  </Section>
);
