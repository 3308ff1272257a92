import Link from 'next/link';
import { countText } from './format.ts';

/** Links to the previous and next page. `hrefOf` gives the list's address at an offset. */
export const Paging = ({
  total,
  limit,
  offset,
  hrefOf,
}: {
  total: number;
  limit: number;
  offset: number;
  hrefOf: (offset: number) => string;
}) => {
  if (total === 0 || (offset === 0 && total <= limit)) return null;
  return (
    <nav aria-label="Pages" className="mt-6 flex flex-wrap items-center justify-between gap-3">
      <p className="text-sm text-muted tabular-nums">
        {offset >= total
          ? `Past the end of ${countText(total)}`
          : `${countText(offset + 1)} to ${countText(Math.min(offset + limit, total))} of ${countText(total)}`}
      </p>
      <p className="flex gap-2">
        {offset > 0 ? (
          <Link
            prefetch={false}
            rel="prev"
            className="button-quiet"
            href={hrefOf(Math.max(0, offset - limit))}
          >
            Previous
          </Link>
        ) : null}
        {offset + limit < total ? (
          <Link prefetch={false} rel="next" className="button-quiet" href={hrefOf(offset + limit)}>
            Next
          </Link>
        ) : null}
      </p>
    </nav>
  );
};
