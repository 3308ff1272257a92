import Link from 'next/link';
import { countText } from './format.ts';

/**
 * Links to the next page and back to the first. A page knows its successor by cursor, so that a deep page costs no more
 * than the first. The browser's history leads back to the page before.
 */
export const Paging = ({
  total,
  shown,
  firstHref,
  nextHref,
}: {
  total: number;
  /** How many rows this page shows. */
  shown: number;
  /** Null on the first page. */
  firstHref: string | null;
  /** Null on the last page. */
  nextHref: string | null;
}) => {
  if (firstHref === null && nextHref === null) return null;
  return (
    <nav aria-label="Pages" className="mt-6 flex flex-wrap items-center justify-between gap-3">
      <p className="text-sm text-muted tabular-nums">
        {countText(shown)} of {countText(total)}
      </p>
      <p className="flex gap-2">
        {firstHref === null ? null : (
          <Link prefetch={false} className="button-quiet" href={firstHref}>
            First page
          </Link>
        )}
        {nextHref === null ? null : (
          <Link prefetch={false} rel="next" className="button-quiet" href={nextHref}>
            Next page
          </Link>
        )}
      </p>
    </nav>
  );
};
