import type { Metadata } from 'next';
import Link from 'next/link';
import type { z } from 'zod';
import { CertificateList } from '#components/certificate-list.tsx';
import { ConstructFilter } from '#components/construct-filter.tsx';
import { describedBy, FieldError } from '#components/field.tsx';
import { Empty, PageHeading } from '#components/page-heading.tsx';
import { Paging } from '#components/paging.tsx';
import { certificateListInputSchema } from '#contracts/certificate.ts';
import { listHref, misreadField, readListQuery, type SearchParams } from '../list-query.ts';
import { serverApi } from '../server.ts';

export const metadata: Metadata = { title: 'Certificates' };

/** Pages follow each other by cursor. */
const querySchema = certificateListInputSchema.omit({ offset: true });

const hrefOf = ({ constructId, search, sort, limit }: z.input<typeof querySchema>, cursor?: string) =>
  listHref('/certificates', {
    constructId,
    search,
    sort: sort === 'created_desc' ? undefined : sort,
    limit,
    cursor,
  });

const CertificatesPage = async ({ searchParams }: { searchParams: Promise<SearchParams> }) => {
  const params = await searchParams;
  const query = readListQuery(querySchema, params);
  const misread = misreadField(querySchema.shape.search, params.search);
  const { certificates, total, nextCursor } = await (await serverApi()).certificate.list(query);
  return (
    <>
      <PageHeading title="Certificates">
        <p>
          Anyone can read these. Sorting by score is plain arithmetic and not a ranking: offline checks and
          unverified certificates are never ranked.
        </p>
      </PageHeading>

      <form method="get" action="/certificates" className="mb-6 flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1 basis-60">
          <label className="mb-1 block text-sm font-medium" htmlFor="search">
            Search
          </label>
          <input
            className="input"
            id="search"
            name="search"
            type="search"
            defaultValue={misread?.text ?? query.search ?? ''}
            placeholder="Part of a construct or repository"
            autoComplete="off"
            aria-invalid={misread !== null}
            aria-describedby={describedBy('search', null, misread?.error)}
          />
          <FieldError id="search" error={misread?.error} />
        </div>
        <ConstructFilter constructId={query.constructId} />
        <label className="basis-48">
          <span className="mb-1 block text-sm font-medium">Sorted by</span>
          <select className="input" name="sort" defaultValue={query.sort}>
            <option value="created_desc">Newest first</option>
            <option value="brier_asc">Lowest Brier first</option>
          </select>
        </label>
        {/* As far down as the fields, whose labels are above them. */}
        <button type="submit" className="button-quiet mt-6">
          Show
        </button>
      </form>

      {certificates.length > 0 ? (
        <CertificateList certificates={certificates} />
      ) : total > 0 ? (
        <Empty title="There is nothing on this page">
          <Link className="link" href={hrefOf(query)}>
            Back to the first page
          </Link>
        </Empty>
      ) : query.search !== undefined ? (
        <Empty title="No certificate matches the search">
          <Link className="link" href="/certificates">
            Show all certificates
          </Link>
        </Empty>
      ) : query.constructId === undefined ? (
        <Empty title="No certificate yet">
          A certificate is issued when a run completes.{' '}
          <Link className="link" href="/runs/new">
            Start a run
          </Link>
        </Empty>
      ) : (
        <Empty title="No certificate for that construct">
          The name must match exactly.{' '}
          <Link className="link" href="/certificates">
            Show all certificates
          </Link>
        </Empty>
      )}
      <Paging
        total={total}
        shown={certificates.length}
        firstHref={query.cursor === undefined ? null : hrefOf(query)}
        nextHref={nextCursor === undefined ? null : hrefOf(query, nextCursor)}
      />
    </>
  );
};

export default CertificatesPage;
