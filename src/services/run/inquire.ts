import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import { networkOfAddress } from '#contracts/client-header.ts';
import { AppError } from '#contracts/errors.ts';
import {
  type InquiryAnswer,
  type InquiryKind,
  inquiryAnswers,
  inquiryLifetimeMs,
} from '#contracts/inquiry.ts';
import type { RunConfig, RunSecrets } from '#contracts/run.ts';
import type { Standing } from '#contracts/standing.ts';
import type { Database, Executor } from '#db/client.ts';
import { inquiries } from '#db/schema/inquiries.ts';
import { users } from '#db/schema/users.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { isNewcomer } from '../ground/standing.ts';

/** Of all users together. Each is worked on for at most a minute and a half, several at a time. */
const mostWaiting = 64;
/** The others are the owner's and those of listed accounts. */
const mostOfStrangers = mostWaiting / 2;
/** Of strangers whose account is less than a day old. */
export const mostOfNewcomers = 24;
/** From one address and one network, because one person can have many accounts. */
export const mostOfAddress = 4;
export const mostOfNetwork = 6;

/** The answer is on the page within a second of being there. */
const lookEveryMs = 250;

const busy: Record<InquiryKind, string> = {
  trial: 'Your last trial is still under way. Wait for its answer.',
  estimate: 'Your last estimate is still being made. Wait for it.',
};

const beforeNow = (ms: number) => sql`now() - make_interval(secs => ${ms / 1000})`;

/** Drops inquiries that nobody waits for any more, and their secrets. */
export const forgetInquiries = async (db: Executor): Promise<void> => {
  await db.delete(inquiries).where(lt(inquiries.createdAt, beforeNow(inquiryLifetimeMs)));
};

const isWaiting = and(isNull(inquiries.answer), isNull(inquiries.refusal));

const elsewhere = (count: number, whose: string) =>
  `${count} trials and estimates from your ${whose} are under way, the most allowed at once. Try again when one of them has ended.`;
const tooMany = 'Many others are asking just now. Try again in a minute.';

/** Why there is no place for this user's inquiry now; null if there is. */
const whyNoPlace = async (
  transaction: Executor,
  { userId }: Actor,
  standing: Standing,
  address: string | null,
): Promise<string | null> => {
  // Callers that come together count one after the other, or each would find the last place free.
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtext('places of inquiries'))`);
  const waiting = await transaction
    .select({
      address: inquiries.address,
      isNewcomer: sql<boolean>`${isNewcomer} and ${inquiries.config} ->> 'standing' = 'stranger'`,
    })
    .from(inquiries)
    .innerJoin(users, eq(users.id, inquiries.userId))
    .where(isWaiting);
  if (waiting.length >= mostWaiting) return tooMany;
  if (standing !== 'stranger') return null;
  if (waiting.length >= mostOfStrangers) return tooMany;
  const newcomers = waiting.filter(({ isNewcomer }) => isNewcomer);
  if (
    newcomers.length >= mostOfNewcomers &&
    (await transaction.$count(users, and(eq(users.id, userId), isNewcomer))) > 0
  )
    return tooMany;
  if (address === null) return null;
  const near = waiting.flatMap((row) => (row.address === null ? [] : [row.address]));
  const ofAddress = near.filter((other) => other === address).length;
  if (ofAddress >= mostOfAddress) return elsewhere(ofAddress, 'address');
  const network = networkOfAddress(address);
  const ofNetwork = near.filter((other) => networkOfAddress(other) === network).length;
  return ofNetwork >= mostOfNetwork ? elsewhere(ofNetwork, 'network') : null;
};

const insertInquiry = (
  { db, sender, secretBox }: Pick<ServiceContext, 'db' | 'sender' | 'secretBox'>,
  actor: Actor,
  { kind, config, secrets }: { kind: InquiryKind; config: RunConfig; secrets: RunSecrets },
  address: string | null,
): Promise<string> =>
  db.transaction(async (transaction) => {
    await forgetInquiries(transaction);
    const noPlace = await whyNoPlace(transaction, actor, config.standing, address);
    if (noPlace !== null) throw new AppError('TOO_MANY_REQUESTS', noPlace);
    const id = randomUUID();
    const inserted = await transaction
      .insert(inquiries)
      .values({ id, userId: actor.userId, address, kind, config, sealed: secretBox.seal(id, secrets) })
      .onConflictDoNothing()
      .returning({ id: inquiries.id });
    if (inserted.length === 0) throw new AppError('TOO_MANY_REQUESTS', busy[kind]);
    const stranger =
      config.standing === 'stranger' ? (address === null ? actor.userId : networkOfAddress(address)) : null;
    await sender.enqueue(transaction, [{ name: 'answer-inquiry', data: { inquiryId: id }, stranger }]);
    return id;
  });

const read = async (db: Database, id: string) => {
  const [row] = await db
    .select({ answer: inquiries.answer, refusal: inquiries.refusal })
    .from(inquiries)
    .where(eq(inquiries.id, id));
  return row;
};

/** Who waits for an inquiry's answer. */
export type Waiting = {
  /** Aborted once nobody waits any more: a page that was reloaded may ask again at once. */
  signal?: AbortSignal | undefined;
  /** The client's, as the server's entry names it; null where clients cannot be told apart. */
  address?: string | null | undefined;
};

/**
 * Has a worker answer what a form asks, and waits for it. Repositories are read and oracles asked by workers only. Nothing
 * of it is kept.
 * @throws AppError the worker's refusal; TOO_MANY_REQUESTS if this user's last inquiry of the kind, or those of their
 * address or of many others, are under way; SERVICE_UNAVAILABLE if no worker answers in time.
 */
export const inquire = async <Kind extends InquiryKind>(
  context: Pick<ServiceContext, 'db' | 'sender' | 'secretBox'>,
  actor: Actor,
  inquiry: { kind: Kind; config: RunConfig; secrets: RunSecrets },
  { signal, address = null }: Waiting = {},
): Promise<InquiryAnswer<Kind>> => {
  const { db } = context;
  const id = await insertInquiry(context, actor, inquiry, address);
  const until = performance.now() + inquiryLifetimeMs;
  try {
    for (;;) {
      const row = await read(db, id);
      if (row?.refusal) throw new AppError(row.refusal.code, row.refusal.message, row.refusal.fields);
      if (row !== undefined && row.answer !== null)
        return inquiryAnswers[inquiry.kind].parse(row.answer) as InquiryAnswer<Kind>;
      if (row === undefined || performance.now() > until)
        throw new AppError(
          'SERVICE_UNAVAILABLE',
          'No worker has answered in time. Try again; if it stays so, the operator should check that a worker is running.',
        );
      if (signal?.aborted) throw new AppError('SERVICE_UNAVAILABLE', 'Nobody waits for the answer any more.');
      await sleep(lookEveryMs);
    }
  } finally {
    await db.delete(inquiries).where(eq(inquiries.id, id));
  }
};
