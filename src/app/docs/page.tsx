import type { Metadata } from 'next';
import { z } from 'zod';
import { Code } from '#components/facts.tsx';
import { PageHeading, Section } from '#components/page-heading.tsx';
import { readListQuery, type SearchParams } from '../list-query.ts';
import { installation, serverApi } from '../server.ts';
import {
  goInstallation,
  keys,
  logCheck,
  ownCheck,
  ownMonitor,
  signatureCheck,
  variables,
} from './commands.ts';

export const metadata: Metadata = { title: 'Checking a certificate' };

const querySchema = z.object({ certificate: z.uuid().optional() });

const Shell = ({ children }: { children: string }) => (
  <pre className="my-4 rounded-md border border-line bg-sunken px-4 py-3 text-sm break-words whitespace-pre-wrap">
    <code>{children}</code>
  </pre>
);

const ProgramLink = ({ name, children }: { name: string; children: string }) => (
  <a className="link" href={`/docs/programs/${name}`}>
    {children}
  </a>
);

const Proof = () => (
  <Section id="proves" title="What a certificate proves">
    <div className="max-w-[68ch] space-y-3">
      <p>
        That nothing was changed since it was issued and logged; not that the issuer asked honestly. A
        certificate is worth its issuer.
      </p>
      <p>Anyone can check:</p>
      <ul className="list-disc space-y-2 pl-5">
        <li>that the issuer’s key signed the document, byte for byte;</li>
        <li>that every score and interval follows from the verdicts in the evidence;</li>
        <li>
          that its attempt had been registered in a public log before, where anyone can count attempts, failed
          ones too;
        </li>
        <li>that the log has only grown since you last looked, and has not revoked the certificate.</li>
      </ul>
      <p>Nobody can check from the certificate alone:</p>
      <ul className="list-disc space-y-2 pl-5">
        <li>that the judge really gave these verdicts, and the oracle these answers;</li>
        <li>that nothing was tried elsewhere, where no log counted it;</li>
        <li>
          that others are shown the same log, unless witnesses whom you trust have cosigned its checkpoint.
        </li>
      </ul>
    </div>
  </Section>
);

const Keys = ({ issuer, certificateId }: { issuer: string; certificateId: string | null }) => (
  <Section id="keys" title="First the keys">
    <div className="max-w-[68ch]">
      <p>
        All commands below are for a Unix shell, one block after another, in one folder. The first block names
        the issuer and the certificate. A certificate’s id is the last part of its page’s address.
      </p>
      <Shell>{variables(issuer, certificateId ?? 'ID')}</Shell>
      <p>
        Then get the public keys: of certificates, and of the log. Keys that come from the same server as the
        certificate only show that both have the same author. Get them once, keep them, and compare them with
        those that the issuer published elsewhere or that others have kept.
      </p>
      <Shell>{keys}</Shell>
    </div>
  </Section>
);

const OwnCommands = () => (
  <Section id="own" title="With our own command">
    <div className="max-w-[68ch]">
      <p>
        <Code>check</Code> verifies signature, evidence, scores, and what the log says of the certificate. It
        asks the issuer only for the files; with a downloaded bundle and <Code>--offline</Code> it asks
        nobody. It is part of this program, so run it in a clone, after <Code>npm install</Code>. It ends with
        0 if the certificate is valid, 1 if it is not, and 2 if something is not known.
      </p>
      <Shell>{ownCheck}</Shell>
      <p>
        <Code>log monitor</Code> reads every entry of the log that is new since the last time, and finds a log
        that was forked, shortened or altered, a certificate without an earlier registration, and a
        registration without an outcome. Run it again and again. What it finds matters most to others, so tell
        them.
      </p>
      <Shell>{ownMonitor}</Shell>
    </div>
  </Section>
);

const Signature = () => (
  <Section id="signature" title="The signature, with standard tools">
    <div className="max-w-[68ch]">
      <p>
        The signature is a compact JWS with <Code>alg: Ed25519</Code> (RFC 9864). Some libraries, such as
        Debian’s python3-jwcrypto 1.1, do not know that name yet, but OpenSSL 3 verifies the same bytes. The
        script needs curl, python3 and OpenSSL, and has about 30 lines:{' '}
        <ProgramLink name="check-signature.sh">read it</ProgramLink> before you run it.
      </p>
      <Shell>{signatureCheck}</Shell>
      <p>
        It says <Code>Signature Verified Successfully</Code>, and fails if document, signature or key were
        altered. It does not tell whether the certificate was revoked or has expired, or whether its key was
        retired: <Code>check</Code> does.
      </p>
    </div>
  </Section>
);

const Log = () => (
  <Section id="log" title="The log, with Go’s tools">
    <div className="max-w-[68ch]">
      <p>
        The log has the public formats of C2SP, which tools for Go’s checksum database read too. This is how
        Debian 12 installs them:
      </p>
      <Shell>{goInstallation}</Shell>
      <p>
        The program verifies the checkpoint’s signature, that the log holds certificate and registration, and
        that it extends the log of the last time, from the log’s tiles.{' '}
        <ProgramLink name="check-log.go">Read it</ProgramLink>: what does the work is{' '}
        <Code>golang.org/x/mod/sumdb</Code>.
      </p>
      <Shell>{logCheck}</Shell>
      <p>
        It keeps the checkpoint in <Code>log.seen</Code>. Run it again later: if the log has been rewritten
        meanwhile, it fails, and the kept checkpoint is your proof. Neither does this program tell whether the
        certificate was revoked or has expired.
      </p>
    </div>
  </Section>
);

/** How strangers check certificates. The commands name the certificate that the address does, else the newest. */
const DocsPage = async ({ searchParams }: { searchParams: Promise<SearchParams> }) => {
  const { certificate } = readListQuery(querySchema, await searchParams);
  const { url } = await installation();
  const newest = await (await serverApi()).certificate.list({ sort: 'created_desc', limit: 1, offset: 0 });
  return (
    <>
      <PageHeading title="Checking a certificate">
        <p>
          You need not believe this page, or this server. Check a certificate with our program or without.
        </p>
      </PageHeading>
      <Proof />
      <Keys issuer={url} certificateId={certificate ?? newest.certificates[0]?.id ?? null} />
      <OwnCommands />
      <Signature />
      <Log />
    </>
  );
};

export default DocsPage;
