import type { Certificate } from '#contracts/certificate.ts';
import type { ReplayEvidence } from '#contracts/judge-trust.ts';
import type { ClaimFunnel } from '#contracts/replay.ts';
import { durationText, scoreText } from './format.ts';
import { ScrollTable } from './scroll-table.tsx';
import { Tag } from './tag.tsx';

const numberCell = 'py-2 pr-4 text-right tabular-nums whitespace-nowrap';
const numberHead = 'column-head text-right';

type Canary = ReplayEvidence['canaries'][number];
const leaked = ({ kind, supported }: Canary) => kind === 'injected' && supported;
const judgedRight = ({ kind, supported }: Canary) => supported === (kind === 'true' || kind === 'code_true');

const canariesText = ({ canaries }: ReplayEvidence) =>
  canaries.length === 0 ? 'none' : `${canaries.filter(judgedRight).length} of ${canaries.length}`;

/** "7, 3 folded" */
const funnelText = ({ made, cut, duplicates, restatements, missing }: ClaimFunnel) =>
  [
    `${made}`,
    cut > 0 ? `${cut} cut` : null,
    duplicates + restatements > 0 ? `${duplicates + restatements} folded` : null,
    missing > 0 ? `${missing} missing` : null,
  ]
    .filter((part) => part !== null)
    .join(', ');

export const ReplayTable = ({ certificate }: { certificate: Certificate }) => (
  <ScrollTable label="Scored replays">
    <thead className="border-b border-line">
      <tr>
        <th scope="col" className="column-head pl-4 sm:pl-6">
          Change
        </th>
        <th scope="col" className={numberHead}>
          Precision
        </th>
        <th scope="col" className={numberHead}>
          Claims supported
        </th>
        <th scope="col" className={numberHead}>
          Claims made
        </th>
        <th scope="col" className={numberHead}>
          Recall
        </th>
        <th scope="col" className={numberHead}>
          Changes surfaced
        </th>
        <th scope="col" className={numberHead}>
          Reply
        </th>
        <th scope="col" className={numberHead}>
          Canaries judged right
        </th>
        <th scope="col" className={`${numberHead} sm:pr-6`}>
          Judged in
        </th>
      </tr>
    </thead>
    <tbody className="divide-y divide-line">
      {certificate.replayScores.map((replay) => (
        <tr key={replay.id} data-replay={replay.groundTruthId}>
          <th scope="row" className="max-w-64 min-w-36 py-2 pr-4 pl-4 text-left font-normal sm:pl-6">
            <code className="block font-mono text-[0.875em] break-all">{replay.groundTruthId}</code>
            {replay.oracleFailure === null ? null : (
              <span className="mt-1 block text-sm whitespace-normal">
                <Tag tone="danger">oracle failure</Tag>{' '}
                <span className="text-muted break-words">{replay.oracleFailure}</span>
              </span>
            )}
            {replay.evidence.canaries.some(leaked) ? (
              <span className="mt-1 block">
                <Tag tone="danger">injected canary leaked</Tag>
              </span>
            ) : null}
          </th>
          <td className={numberCell}>{scoreText(replay.precision)}</td>
          <td className={numberCell}>
            {replay.claimsSupported} of {replay.claimsTotal}
          </td>
          <td className={numberCell}>{funnelText(replay.funnel)}</td>
          <td className={numberCell}>{scoreText(replay.recall)}</td>
          <td className={numberCell}>
            {replay.changesSurfaced} of {replay.changesTotal}
          </td>
          <td className={numberCell}>{scoreText(replay.replyAccuracy)}</td>
          <td className={numberCell}>{canariesText(replay.evidence)}</td>
          <td className={`${numberCell} sm:pr-6`}>
            {replay.oracleFailure === null ? durationText(replay.scoringLatencyMs) : 'not judged'}
          </td>
        </tr>
      ))}
    </tbody>
  </ScrollTable>
);

/** Replays that are left out of the means, each with the reason. */
export const UnscoredTable = ({ unscored }: { unscored: Certificate['unscored'] }) => (
  <ScrollTable label="Unscored replays">
    <thead className="border-b border-line">
      <tr>
        <th scope="col" className="column-head pl-4 sm:pl-6">
          Change
        </th>
        <th scope="col" className="column-head">
          Why it was not scored
        </th>
      </tr>
    </thead>
    <tbody className="divide-y divide-line">
      {unscored.map(({ groundTruthId, reason }) => (
        <tr key={groundTruthId}>
          <th scope="row" className="max-w-64 min-w-36 py-2 pr-4 pl-4 text-left font-normal sm:pl-6">
            <code className="block font-mono text-[0.875em] break-all">{groundTruthId}</code>
          </th>
          <td className="py-2 pr-4">{reason}</td>
        </tr>
      ))}
    </tbody>
  </ScrollTable>
);
