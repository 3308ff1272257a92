import type { Metadata } from 'next';
import Link from 'next/link';
import { PageHeading } from '#components/page-heading.tsx';

export const metadata: Metadata = { title: 'Not found' };

const NotFound = () => (
  <>
    <PageHeading title="There is nothing here">
      <p>
        The address may be mistyped, or it leads to another account’s run. Only its owner can see a run.
        Certificates are public.
      </p>
    </PageHeading>
    <p className="flex flex-wrap gap-3">
      <Link href="/certificates" className="button-quiet">
        Certificates
      </Link>
      <Link href="/runs" className="button-quiet">
        My runs
      </Link>
    </p>
  </>
);

export default NotFound;
