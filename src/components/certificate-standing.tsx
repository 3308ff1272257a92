import Link from 'next/link';
import { type CertificateStanding, type Dispute, revocationWords } from '#contracts/certificate-standing.ts';
import { scoreText } from './format.ts';
import { Notice } from './notice.tsx';
import { Time } from './time.tsx';

/** First on the page, because nothing else counts then. */
export const StandingNotice = ({
  standing: { revokedAt, revocationReason, expired, expiresAt, disputes },
}: {
  standing: CertificateStanding;
}) => {
  if (revokedAt !== null)
    return (
      <Notice tone="danger" title="Revoked">
        {revocationReason === null ? null : `${revocationWords[revocationReason]} `}
        It was revoked on <Time at={revokedAt} />, and says nothing any more. The revocation is in the log.
      </Notice>
    );
  const open = disputes.find(({ closedAt }) => closedAt === null);
  return (
    <>
      {expired ? (
        <Notice tone="caution" title="Expired">
          It was valid until <Time at={expiresAt} />. Oracles, models and repositories change.
        </Notice>
      ) : null}
      {open === undefined ? null : (
        <Notice tone="caution" title="Disputed">
          The owner of this installation has disputed it since <Time at={open.openedAt} />.{' '}
          <DisputeWords dispute={open} />
        </Notice>
      )}
    </>
  );
};

const DisputeWords = ({ dispute: { text, textRemovedAt } }: { dispute: Dispute }) =>
  text === null ? (
    <>
      The words were removed
      {textRemovedAt === null ? null : (
        <>
          {' '}
          on <Time at={textRemovedAt} />
        </>
      )}
      .
    </>
  ) : (
    <q className="whitespace-pre-line">
      <bdi>{text}</bdi>
    </q>
  );

/** All disputes of a certificate, closed ones too. */
export const DisputeHistory = ({ disputes }: { disputes: Dispute[] }) => (
  <ul className="list-disc space-y-2 pl-5">
    {disputes.map((dispute) => (
      <li key={dispute.id}>
        <Time at={dispute.openedAt} />
        {dispute.closedAt === null ? (
          ', open: '
        ) : (
          <>
            , closed on <Time at={dispute.closedAt} />:{' '}
          </>
        )}
        <DisputeWords dispute={dispute} />
      </li>
    ))}
  </ul>
);

/** Which attempt it was, and until when it is valid. */
export const StandingFacts = ({
  constructId,
  standing: { attempt, expiresAt, openedAt },
}: {
  constructId: string;
  standing: CertificateStanding;
}) => (
  <p className="mb-3 max-w-[68ch]">
    {attempt === null ? null : (
      <>
        This is attempt {attempt.number} of {attempt.of} at its target, counting everyone’s, in a log of{' '}
        {attempt.logSize} entries. A target is an oracle’s address with its tool or model, whatever name the
        runs gave it. Their composites have a mean of {scoreText(attempt.mean)}
        {attempt.withoutMean > 0 ? `; ${attempt.withoutMean} more ended without any score` : ''}. Accounts and
        hosts are cheap, and trials elsewhere are not counted, so there may have been more.{' '}
        <Link className="link" prefetch={false} href={`/constructs/${encodeURIComponent(constructId)}`}>
          Every attempt under this construct’s name
        </Link>{' '}
        has its outcome in the log.{' '}
      </>
    )}
    It is valid until <Time at={expiresAt} />.
    {openedAt === null ? null : (
      <>
        {' '}
        The sealed texts of its evidence were opened on <Time at={openedAt} />.
      </>
    )}
  </p>
);
