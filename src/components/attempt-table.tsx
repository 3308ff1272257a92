import Link from 'next/link';
import type { ListedAttempt } from '#contracts/construct.ts';
import type { AttemptOutcome } from '#contracts/log.ts';
import { Code } from './facts.tsx';
import { countText, scoreText } from './format.ts';
import { ScrollTable } from './scroll-table.tsx';
import { Tag } from './tag.tsx';
import { Time } from './time.tsx';

const outcomeWords: Record<AttemptOutcome, string> = {
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled by its owner',
};

const Outcome = ({ attempt: { outcome, certificateId, standing } }: { attempt: ListedAttempt }) => {
  if (outcome === null) return <>open: under way, or can be resumed</>;
  if (certificateId === null) return <>{outcomeWords[outcome]}</>;
  return (
    <>
      <Link className="link" prefetch={false} href={`/certificates/${certificateId}`}>
        Certificate
      </Link>{' '}
      {standing === null || standing === 'valid' ? null : (
        <Tag tone={standing === 'revoked' ? 'danger' : 'caution'}>{standing}</Tag>
      )}
    </>
  );
};

/** The counts of one that is closed; nothing is known of an open one. */
const Replays = ({ attempt: { n, scored, oracleFailures, unscored } }: { attempt: ListedAttempt }) => {
  if (scored === null) return <>{countText(n)} planned</>;
  const failures = oracleFailures ? `, ${countText(oracleFailures)} oracle failures` : '';
  const missing = unscored ? `, ${countText(unscored)} unscored` : '';
  return (
    <>
      {countText(scored)} of {countText(n)} scored
      {failures}
      {missing}
    </>
  );
};

const head = 'px-3 py-2 text-left font-medium';
const cell = 'px-3 py-2 align-top';

/** Attempts at certification as the log has them. */
export const AttemptTable = ({ attempts }: { attempts: ListedAttempt[] }) => (
  <ScrollTable label="Attempts">
    <thead>
      <tr className="border-b border-line text-sm text-muted">
        {['Registered', 'Outcome', 'Replays', 'Mean', 'Account', 'Entry of the log'].map((name) => (
          <th key={name} scope="col" className={head}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
    <tbody className="divide-y divide-line">
      {attempts.map((attempt) => (
        <tr key={attempt.id}>
          <td className={cell}>
            <Time at={attempt.registeredAt} />
          </td>
          <td className={cell}>
            <Outcome attempt={attempt} />
          </td>
          <td className={`${cell} tabular-nums`}>
            <Replays attempt={attempt} />
          </td>
          <td className={`${cell} tabular-nums`}>
            {attempt.mean === null ? 'no score' : scoreText(attempt.mean)}
          </td>
          <td className={cell}>
            <Code>{attempt.account}</Code>
          </td>
          <td className={`${cell} tabular-nums`}>{attempt.logIndex}</td>
        </tr>
      ))}
    </tbody>
  </ScrollTable>
);
