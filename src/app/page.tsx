import Link from 'next/link';
import { CertificateList } from '#components/certificate-list.tsx';
import { Empty, Section } from '#components/page-heading.tsx';
import { SampleButton } from './sample-button.tsx';
import { currentUser, serverApi } from './server.ts';

const HomePage = async () => {
  const [user, api] = await Promise.all([currentUser(), serverApi()]);
  const newest = await api.certificate.list({ sort: 'created_desc', limit: 5, offset: 0 });
  return (
    <>
      <header>
        <h1 className="max-w-[24ch] text-4xl font-semibold sm:text-5xl">
          How far can an oracle be believed?
        </h1>
        <p className="mt-5 max-w-[62ch] text-lg">
          Echelon Verify asks an oracle about pull requests that were merged already, so that what changed is
          known. A judge holds each answer against the diff: were the claims true, were the important changes
          named, was one question answered right? What comes of it is a public certificate: anyone can
          recompute its scores and intervals from the verdicts that it carries, and it names what cannot be
          checked.
        </p>
        <div className="mt-8">
          {user === null ? (
            <div className="flex flex-wrap gap-3">
              <Link href="/sign-in" className="button">
                Sign in to start a run
              </Link>
              <Link href="/certificates" className="button-quiet">
                Browse certificates
              </Link>
            </div>
          ) : (
            <SampleButton>
              <Link href="/runs/new" className="button-quiet">
                Verify your own oracle
              </Link>
            </SampleButton>
          )}
        </div>
      </header>

      <Section id="newest" title="Newest certificates">
        {newest.certificates.length === 0 ? (
          <Empty title="No certificate yet">
            {user === null
              ? 'The first one is issued when somebody’s run completes.'
              : 'Run the sample above: it needs no key and ends in a certificate within a minute or so.'}
          </Empty>
        ) : (
          <>
            <CertificateList certificates={newest.certificates} />
            <p className="mt-4">
              <Link href="/certificates" className="link">
                All certificates
              </Link>
            </p>
          </>
        )}
      </Section>
    </>
  );
};

export default HomePage;
