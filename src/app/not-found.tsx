import type { Metadata } from 'next';
import Link from 'next/link';
import { PageHeading } from '#components/page-heading.tsx';

export const metadata: Metadata = { title: 'Not found' };

const NotFound = () => (
  <>
    <PageHeading title="There is nothing here">
      <p>
        The address may be mistyped, or it leads to a run of another account: a run is shown to its owner
        only. Certificates are public.
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
