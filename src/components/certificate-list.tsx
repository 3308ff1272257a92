import Link from 'next/link';
import type { ListedCertificate } from '#contracts/certificate-standing.ts';
import { countOf, intervalText, scoreText } from './format.ts';
import { Tag } from './tag.tsx';
import { Time } from './time.tsx';

/** A list of certificates. Each name links to the certificate, and tags show what limits its score. */
export const CertificateList = ({ certificates }: { certificates: ListedCertificate[] }) => (
  <ul className="divide-y divide-line rounded-md border border-line bg-sheet">
    {certificates.map((certificate) => (
      <li
        key={certificate.id}
        className="relative grid gap-x-6 gap-y-1 px-4 py-4 hover:bg-sunken sm:grid-cols-[minmax(0,1fr)_auto] sm:px-6"
      >
        <div className="min-w-0">
          <Link
            href={`/certificates/${certificate.id}`}
            prefetch={false}
            className="font-semibold break-words after:absolute after:inset-0 hover:underline"
          >
            <bdi>{certificate.constructId}</bdi>
          </Link>
          <p className="mt-0.5 text-sm text-muted">
            {countOf(certificate.replayCount, 'replay')} · <Time at={certificate.createdAt} />
          </p>
          <p className="mt-1.5 flex flex-wrap gap-1.5">
            {certificate.standing === 'valid' ? null : (
              <Tag tone={certificate.standing === 'revoked' ? 'danger' : 'caution'}>
                {certificate.standing}
              </Tag>
            )}
            <Tag>{certificate.tier}</Tag>
            {certificate.attempt === null || certificate.attempt.of === 1 ? null : (
              <Tag>
                attempt {certificate.attempt.number} of {certificate.attempt.of}
              </Tag>
            )}
            {certificate.judge === 'offline' ? <Tag tone="caution">offline check</Tag> : null}
            {certificate.sample ? <Tag tone="caution">sample</Tag> : null}
            {certificate.provisional ? <Tag>provisional</Tag> : null}
            {certificate.canariesLeaked ? <Tag tone="danger">injected canaries leaked</Tag> : null}
            {certificate.judgeReliable ? null : <Tag tone="caution">judge not reliable</Tag>}
            {certificate.ranked ? null : <Tag>not ranked</Tag>}
          </p>
        </div>
        <dl className="flex flex-wrap items-baseline gap-x-6 gap-y-1 tabular-nums sm:block sm:text-right">
          <div>
            <dt className="inline text-sm text-muted">Composite </dt>
            <dd className="inline text-xl font-semibold">{scoreText(certificate.compositeScore)}</dd>
          </div>
          <div className="text-sm text-muted">
            <dt className="sr-only">95 % interval</dt>
            <dd>{intervalText(certificate.compositeInterval)}</dd>
          </div>
          <div className="text-sm text-muted">
            <dt className="inline">Brier </dt>
            <dd className="inline">{scoreText(certificate.brier)}</dd>
          </div>
        </dl>
      </li>
    ))}
  </ul>
);
