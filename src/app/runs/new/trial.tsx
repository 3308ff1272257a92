'use client';

import { Facts } from '#components/facts.tsx';
import { countOf, durationText, numbered } from '#components/format.ts';
import { Notice } from '#components/notice.tsx';
import type { OracleTrial } from '#contracts/run.ts';

/** Enough to see what came back. */
const shownClaims = 10;

const verdictOf = ({ answer, remarks }: OracleTrial) => {
  if (answer === null) return { tone: 'danger', title: 'A run would score this 0' } as const;
  return remarks.length > 0
    ? ({ tone: 'caution', title: 'The oracle answers, but look at this' } as const)
    : ({ tone: 'plain', title: 'The oracle answers as the contract asks' } as const);
};

/**
 * One call to the oracle about the newest change: the question, the answer, and remarks on it. `outdated`: the form has
 * changed since.
 */
export const Trial = ({ trial, outdated }: { trial: OracleTrial; outdated: boolean }) => {
  const { change, question, answer, latencyMs, retries, remarks } = trial;
  const { tone, title } = verdictOf(trial);
  return (
    <div className="space-y-4">
      {outdated ? (
        <Notice tone="caution" title="The form has changed since the oracle was tried" live>
          The answer below is for the form as it was then.
        </Notice>
      ) : null}
      <Notice tone={tone} title={title} live>
        {remarks.length === 0 ? (
          'No remarks.'
        ) : (
          <ul className="list-disc space-y-1 pl-5">
            {remarks.map(({ text }) => (
              <li key={text} className="whitespace-pre-wrap">
                <bdi>{text}</bdi>
              </li>
            ))}
          </ul>
        )}
      </Notice>
      <Facts
        facts={[
          {
            term: 'Change',
            value: <bdi>{`${change.id}: ${change.title}`}</bdi>,
            remark: `${countOf(change.filesChanged, 'file')} changed. It is the newest usable change.`,
          },
          { term: 'Question', value: question },
          {
            term: 'Answered in',
            value: durationText(latencyMs),
            remark: retries === 0 ? undefined : `After ${countOf(retries, 'repeated call')}.`,
          },
          ...(answer === null
            ? []
            : [
                { term: 'Summary', value: <bdi>{answer.summary || 'empty'}</bdi> },
                {
                  term: 'Claims',
                  value: (
                    <ol className="list-decimal space-y-1 pl-5">
                      {numbered(answer.keyClaims.slice(0, shownClaims)).map(({ item, number }) => (
                        <li key={number}>
                          <bdi>{item.claim}</bdi>
                          {item.confidence === null ? null : ` (confidence ${item.confidence})`}
                        </li>
                      ))}
                    </ol>
                  ),
                  remark:
                    answer.keyClaims.length > shownClaims
                      ? `The first ${shownClaims} of ${answer.keyClaims.length}.`
                      : undefined,
                },
                { term: 'Reply', value: <bdi>{answer.followUpResponse || 'empty'}</bdi> },
              ]),
        ]}
      />
    </div>
  );
};
