import type { Metadata } from 'next';
import Link from 'next/link';
import type { z } from 'zod';
import { ConstructFilter } from '#components/construct-filter.tsx';
import { Empty, PageHeading } from '#components/page-heading.tsx';
import { Paging } from '#components/paging.tsx';
import { RunList } from '#components/run-list.tsx';
import { runListInputSchema, runStatuses } from '#contracts/run.ts';
import { listHref, readListQuery, type SearchParams } from '../list-query.ts';
import { SampleButton } from '../sample-button.tsx';
import { requireUser, serverApi } from '../server.ts';

export const metadata: Metadata = { title: 'My runs' };

/** Pages follow each other by cursor. */
const querySchema = runListInputSchema.omit({ offset: true });

const hrefOf = ({ constructId, status, limit }: z.input<typeof querySchema>, cursor?: string) =>
  listHref('/runs', { constructId, status, limit, cursor });

const RunsPage = async ({ searchParams }: { searchParams: Promise<SearchParams> }) => {
  await requireUser('/runs');
  const query = readListQuery(querySchema, await searchParams);
  const { runs, total, nextCursor } = await (await serverApi()).run.list(query);
  const filtered = query.status !== undefined || query.constructId !== undefined;
  return (
    <>
      <PageHeading title="My runs">
        <p>Only you can see these. Their certificates are public.</p>
      </PageHeading>

      <form method="get" action="/runs" className="mb-6 flex flex-wrap items-end gap-3">
        <ConstructFilter constructId={query.constructId} />
        <label className="basis-40">
          <span className="mb-1 block text-sm font-medium">Status</span>
          <select className="input" name="status" defaultValue={query.status ?? ''}>
            <option value="">any</option>
            {runStatuses.map((status) => (
              <option key={status} value={status}>
                {status.toLowerCase()}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" className="button-quiet">
          Show
        </button>
        <Link href="/runs/new" className="button">
          New run
        </Link>
      </form>

      {runs.length > 0 ? (
        <RunList runs={runs} />
      ) : total > 0 ? (
        <Empty title="There is nothing on this page">
          <Link className="link" href={hrefOf(query)}>
            Back to the first page
          </Link>
        </Empty>
      ) : filtered ? (
        <Empty title="None of your runs match">
          <Link className="link" href="/runs">
            Show all your runs
          </Link>
        </Empty>
      ) : (
        <Empty title="You have not started a run yet">
          <p>Start with the sample, or verify your own oracle against a repository.</p>
          <div className="mt-5 flex justify-center text-left">
            <SampleButton />
          </div>
        </Empty>
      )}
      <Paging
        total={total}
        shown={runs.length}
        firstHref={query.cursor === undefined ? null : hrefOf(query)}
        nextHref={nextCursor === undefined ? null : hrefOf(query, nextCursor)}
      />
    </>
  );
};

export default RunsPage;
