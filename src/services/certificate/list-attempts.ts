import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { AttemptListInput, Construct, ListedAttempt } from '#contracts/construct.ts';
import { AppError } from '#contracts/errors.ts';
import { certificateDocuments } from '#db/schema/certificate-documents.ts';
import { certificateDisputes, certificateRevocations } from '#db/schema/certificate-standing.ts';
import { logEntries, logRegistrations } from '#db/schema/log.ts';
import { readEntryOf } from '#verification/certificate/log-entry.ts';
import type { ServiceContext } from '../ground/context.ts';
import { cutPage, isId, requireOneStart } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';
import { registeredAs } from '../log/register.ts';
import { listedStandingColumns, presentListedStanding } from './standing.ts';

const outcomes = alias(logEntries, 'outcomes');

type Row = {
  id: string;
  logIndex: number;
  registeredAt: Date;
  closedAt: Date | null;
  registration: Uint8Array;
  outcome: Uint8Array | null;
  certificateId: string | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
  disputed: boolean;
};

/** What it says is what the log's entries say. */
const presentRegistration = (row: Row, at: Date): ListedAttempt => {
  const { account, n, listed } = readEntryOf(row.registration, 'registration');
  const end = row.outcome && readEntryOf(row.outcome, 'outcome');
  const { certificateId, expiresAt, revokedAt, disputed } = row;
  return {
    id: row.id,
    logIndex: row.logIndex,
    registeredAt: row.registeredAt.toISOString(),
    account,
    n,
    listed,
    outcome: end?.outcome ?? null,
    closedAt: row.closedAt?.toISOString() ?? null,
    scored: end?.scored ?? null,
    oracleFailures: end?.oracle_failures ?? null,
    unscored: end?.unscored ?? null,
    mean: end?.mean ?? null,
    certificateId,
    standing:
      expiresAt === null
        ? null
        : presentListedStanding({ expiresAt, revokedAt, disputed, attempt: null }, at).standing,
  };
};

/**
 * Every attempt at certification under a construct's name, whoever made it and however it ended, newest first. Names
 * whose letters look alike are one name, as in the log.
 * @throws AppError NOT_FOUND for a name that nobody used; BAD_REQUEST for a cursor with an offset.
 */
export const listAttempts = (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  { name, limit, offset, cursor }: AttemptListInput,
): Promise<Construct> => {
  requireOneStart({ cursor, offset });
  return publicRead(db, async (snapshot) => {
    const ofConstruct = name === null ? sql`false` : registeredAs(name);
    const total = await snapshot.$count(logRegistrations, ofConstruct);
    if (name === null || total === 0)
      throw new AppError('NOT_FOUND', 'No construct of this name was ever registered here.');
    const before =
      cursor === undefined
        ? undefined
        : isId(cursor)
          ? lt(
              logRegistrations.logIndex,
              sql`(select log_index from ${logRegistrations} where id = ${cursor})`,
            )
          : sql`false`;
    const rows = await snapshot
      .select({
        id: logRegistrations.id,
        logIndex: logRegistrations.logIndex,
        registeredAt: logRegistrations.registeredAt,
        closedAt: logRegistrations.closedAt,
        certificateId: logRegistrations.certificateId,
        registration: logEntries.data,
        outcome: outcomes.data,
        expiresAt: listedStandingColumns.expiresAt,
        revokedAt: listedStandingColumns.revokedAt,
        disputed: listedStandingColumns.disputed,
      })
      .from(logRegistrations)
      .innerJoin(logEntries, eq(logEntries.index, logRegistrations.logIndex))
      .leftJoin(outcomes, and(eq(outcomes.kind, 'outcome'), eq(outcomes.subject, logRegistrations.id)))
      .leftJoin(certificateDocuments, eq(certificateDocuments.certificateId, logRegistrations.certificateId))
      .leftJoin(
        certificateRevocations,
        eq(certificateRevocations.certificateId, logRegistrations.certificateId),
      )
      .leftJoin(
        certificateDisputes,
        and(
          eq(certificateDisputes.certificateId, logRegistrations.certificateId),
          isNull(certificateDisputes.closedAt),
        ),
      )
      .where(and(ofConstruct, before))
      .orderBy(desc(logRegistrations.logIndex))
      .limit(limit + 1)
      .offset(offset);
    const { shown, next } = cutPage(
      rows.map(({ id }) => id),
      limit,
    );
    const at = now();
    const attempts = rows.slice(0, shown.length).map((row) => presentRegistration(row, at));
    return { name, attempts, total, limit, offset, ...next };
  });
};
