import type { CertificateStanding } from '#contracts/certificate-standing.ts';
import { Notice } from './notice.tsx';
import { Time } from './time.tsx';

/** First on the page, because nothing else counts then. */
export const StandingNotice = ({
  standing: { revokedAt, expired, expiresAt },
}: {
  standing: CertificateStanding;
}) => {
  if (revokedAt !== null)
    return (
      <Notice tone="danger" title="Revoked">
        It was revoked on <Time at={revokedAt} />, and says nothing any more. The revocation is in the log.
      </Notice>
    );
  if (!expired) return null;
  return (
    <Notice tone="caution" title="Expired">
      It was valid until <Time at={expiresAt} />. Oracles, models and repositories change.
    </Notice>
  );
};

/** Which attempt it was, and until when it is valid. */
export const StandingFacts = ({
  standing: { attempt, expiresAt, openedAt },
}: {
  standing: CertificateStanding;
}) => (
  <p className="mb-3 max-w-[68ch]">
    {attempt === null ? null : (
      <>
        This is attempt {attempt.number} of {attempt.of} at its target, counting everyone’s, in a log of{' '}
        {attempt.logSize} entries. A target is an oracle’s address with its tool or model, whatever name the
        runs gave it. Their composites have a mean of {attempt.mean.toFixed(3)}
        {attempt.withoutMean > 0 ? `; ${attempt.withoutMean} more ended without any score` : ''}. Accounts and
        hosts are cheap, and trials elsewhere are not counted, so there may have been more.{' '}
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
