import { and, asc, desc, eq, gt, inArray, isNull, ne, type SQL, sql, sum } from 'drizzle-orm';
import type { z } from 'zod';
import type { CertificateListInput } from '#contracts/certificate.ts';
import type { certificateListSchema } from '#contracts/certificate-standing.ts';
import type { Executor } from '#db/client.ts';
import { certificateDocuments } from '#db/schema/certificate-documents.ts';
import { certificateDisputes, certificateRevocations } from '#db/schema/certificate-standing.ts';
import { allNames, certificateCounts, verificationCertificates } from '#db/schema/certificates.ts';
import { presentListed } from '#verification/certificate/present.ts';
import type { ServiceContext } from '../ground/context.ts';
import { containing, cutPage, inOrder, isId, named, requireOneStart } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';
import { listedStandingColumns, presentListedStanding } from './standing.ts';

const { id, constructId, groundTruthSource, createdAt, brier } = verificationCertificates;

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

type Filter = Pick<CertificateListInput, 'constructId' | 'search'>;

const totalOf = async (db: Executor, { constructId: sought, search }: Filter): Promise<number> => {
  const counts = certificateCounts;
  const ofNames =
    search === undefined
      ? and(
          named(counts.constructId, sought === undefined ? allNames : sought),
          eq(counts.groundTruthSource, allNames),
        )
      : and(
          named(counts.constructId, sought),
          ne(counts.groundTruthSource, allNames),
          containing([counts.constructId, counts.groundTruthSource], search),
        );
  const [counted] = await db
    .select({ total: sum(counts.certificates).mapWith(Number) })
    .from(counts)
    .where(ofNames);
  return counted?.total ?? 0;
};

/**
 * Certificates without replay scores, newest or lowest Brier first. `total` counts all that match the filter.
 * @throws AppError SERVICE_UNAVAILABLE if the database is too busy; BAD_REQUEST for a cursor with an offset.
 */
export const listPublicCertificates = (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  { constructId: sought, search, sort, limit, offset, cursor }: CertificateListInput,
): Promise<z.infer<typeof certificateListSchema>> => {
  requireOneStart({ cursor, offset });
  return publicRead(db, async (snapshot) => {
    // Which index is best depends on what is sought, so no plan serves for all searches.
    if (search !== undefined) await snapshot.execute(sql`set local plan_cache_mode = force_custom_plan`);
    const total = await totalOf(snapshot, { constructId: sought, search });
    const matches = and(named(constructId, sought), containing([constructId, groundTruthSource], search));
    const range = { sort, matches, count: limit + 1 };
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
        ...listedStandingColumns,
      })
      .from(verificationCertificates)
      .innerJoin(certificateDocuments, eq(certificateDocuments.certificateId, id))
      .leftJoin(certificateRevocations, eq(certificateRevocations.certificateId, id))
      .leftJoin(
        certificateDisputes,
        and(eq(certificateDisputes.certificateId, id), isNull(certificateDisputes.closedAt)),
      )
      .where(shown.length === 0 ? sql`false` : inArray(id, shown));
    const at = now();
    const certificates = inOrder(rows, shown).map((row) => ({
      ...presentListed(row),
      ...presentListedStanding(row, at),
    }));
    return { certificates, total, limit, offset, ...next };
  });
};
