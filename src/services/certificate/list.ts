import { and, asc, desc, eq, gt, inArray, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { CertificateListInput, certificateListSchema } from '#contracts/certificate.ts';
import type { Executor } from '#db/client.ts';
import { allConstructs, certificateCounts, verificationCertificates } from '#db/schema/certificates.ts';
import { presentListed } from '#verification/certificate/present.ts';
import type { ServiceContext } from '../ground/context.ts';
import { cutPage, inOrder, isId, named, requireOneStart } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';

const { id, constructId, createdAt, brier } = verificationCertificates;

/** Ties are settled by date, then id, so that pages neither repeat nor miss a certificate. */
const orders = {
  created_desc: [desc(createdAt), desc(id)],
  brier_asc: [asc(brier), desc(createdAt), desc(id)],
};
const backwards = {
  created_desc: [asc(createdAt), asc(id)],
  brier_asc: [desc(brier), asc(createdAt), asc(id)],
};

type Range = { sort: CertificateListInput['sort']; matches: SQL | undefined; count: number };

const idsOf = async (db: Executor, where: SQL | undefined, order: SQL[], count: number, offset = 0) => {
  const rows = await db
    .select({ id })
    .from(verificationCertificates)
    .where(where)
    .orderBy(...order)
    .limit(count)
    .offset(offset);
  return rows.map((row) => row.id);
};

/** Reads from the nearer end, so that the last page costs as little as the first. */
const idsFrom = async (db: Executor, { sort, matches, count }: Range, offset: number, total: number) => {
  if (offset >= total) return [];
  if (offset <= total / 2) return idsOf(db, matches, orders[sort], count, offset);
  const behind = Math.max(0, total - offset - count);
  const ids = await idsOf(db, matches, backwards[sort], Math.min(count, total - offset), behind);
  return ids.reverse();
};

const idsAfter = async (db: Executor, { sort, matches, count }: Range, cursor: string) => {
  if (!isId(cursor)) return [];
  const ofCursor = (column: typeof createdAt | typeof brier) =>
    sql`(select ${column} from ${verificationCertificates} where ${id} = ${cursor})`;
  const isOlder = sql`(${createdAt}, ${id}) < (${ofCursor(createdAt)}, ${cursor}::uuid)`;
  if (sort === 'created_desc') return idsOf(db, and(matches, isOlder), orders[sort], count);
  // One condition for both would read every certificate of the same Brier, because its directions are mixed.
  const equal = and(matches, eq(brier, ofCursor(brier)), isOlder);
  const ids = await idsOf(db, equal, [desc(createdAt), desc(id)], count);
  const above = and(matches, gt(brier, ofCursor(brier)));
  return ids.length === count ? ids : [...ids, ...(await idsOf(db, above, orders[sort], count - ids.length))];
};

/**
 * Certificates without replay scores, newest or lowest Brier first. `total` counts all that match the filter.
 * @throws AppError SERVICE_UNAVAILABLE if the database is too busy; BAD_REQUEST for a cursor with an offset.
 */
export const listPublicCertificates = (
  { db }: Pick<ServiceContext, 'db'>,
  { constructId: sought, sort, limit, offset, cursor }: CertificateListInput,
): Promise<z.infer<typeof certificateListSchema>> => {
  requireOneStart({ cursor, offset });
  return publicRead(db, async (snapshot) => {
    const [counted] = await snapshot
      .select({ total: certificateCounts.certificates })
      .from(certificateCounts)
      .where(named(certificateCounts.constructId, sought === undefined ? allConstructs : sought));
    const total = counted?.total ?? 0;
    const range = { sort, matches: named(constructId, sought), count: limit + 1 };
    const ids =
      cursor === undefined
        ? await idsFrom(snapshot, range, offset, total)
        : await idsAfter(snapshot, range, cursor);
    const { shown, next } = cutPage(ids, limit);
    const rows = await snapshot
      .select({
        id,
        constructId,
        domain: verificationCertificates.domain,
        replayCount: verificationCertificates.replayCount,
        compositeScore: verificationCertificates.compositeScore,
        brier,
        createdAt,
        judge: verificationCertificates.judge,
        sample: verificationCertificates.sample,
        provisional: verificationCertificates.provisional,
        compositeLower: verificationCertificates.compositeLower,
        compositeUpper: verificationCertificates.compositeUpper,
        judgeReliable: verificationCertificates.judgeReliable,
        canariesLeaked: verificationCertificates.canariesLeaked,
      })
      .from(verificationCertificates)
      .where(shown.length === 0 ? sql`false` : inArray(id, shown));
    return { certificates: inOrder(rows, shown).map(presentListed), total, limit, offset, ...next };
  });
};
