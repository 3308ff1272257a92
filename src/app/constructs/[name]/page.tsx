import type { Metadata } from 'next';
import Link from 'next/link';
import type { z } from 'zod';
import { AttemptTable } from '#components/attempt-table.tsx';
import { Empty, PageHeading } from '#components/page-heading.tsx';
import { Paging } from '#components/paging.tsx';
import { attemptListInputSchema } from '#contracts/construct.ts';
import { listHref, readListQuery, type SearchParams } from '../../list-query.ts';
import { orNotFound } from '../../not-found-answer.ts';
import { serverApi } from '../../server.ts';

type Props = { params: Promise<{ name: string }>; searchParams: Promise<SearchParams> };

/** Pages follow each other by cursor. */
const querySchema = attemptListInputSchema.omit({ name: true, offset: true });

/** As it was typed: Next encodes a page's parameters. */
const nameOf = async ({ params }: Props) => decodeURIComponent((await params).name);

const hrefOf = (name: string, { limit }: z.input<typeof querySchema>, cursor?: string) =>
  listHref(`/constructs/${encodeURIComponent(name)}`, { limit, cursor });

export const generateMetadata = async (props: Props): Promise<Metadata> => ({
  title: `Attempts of ${await nameOf(props)}`,
});

const ConstructPage = async (props: Props) => {
  const name = await nameOf(props);
  const query = readListQuery(querySchema, await props.searchParams);
  const construct = await orNotFound((await serverApi()).construct.byName({ ...query, name }));
  const { attempts, total, nextCursor } = construct;
  return (
    <>
      <PageHeading title={<bdi>{construct.name}</bdi>}>
        <p>
          Every attempt at certification under this name that the log has, with its outcome: also those that
          failed or were cancelled. The name has no owner: it is free text that anyone could have typed, so
          each attempt says which account made it.
        </p>
      </PageHeading>
      {attempts.length > 0 ? (
        <AttemptTable attempts={attempts} />
      ) : (
        <Empty title="There is nothing on this page">
          <Link className="link" href={hrefOf(name, query)}>
            Back to the first page
          </Link>
        </Empty>
      )}
      <Paging
        total={total}
        shown={attempts.length}
        firstHref={query.cursor === undefined ? null : hrefOf(name, query)}
        nextHref={nextCursor === undefined ? null : hrefOf(name, query, nextCursor)}
      />
    </>
  );
};

export default ConstructPage;
