import { and, asc, eq, lt } from 'drizzle-orm';
import type { CertificateDocument } from '#contracts/certificate-document.ts';
import type { Executor } from '#db/client.ts';
import { logRegistrations } from '#db/schema/log.ts';
import { headOf } from './tree.ts';

type Attempt = NonNullable<CertificateDocument['attempt']>;

/**
 * Which attempt at its target a registration is, of all that the log holds (methodology, "Attempts").
 * @param ownMean of its scored replays; it is not closed yet.
 */
export const attemptOf = async (
  executor: Executor,
  registrationId: string,
  ownMean: number,
): Promise<Attempt> => {
  const head = await headOf(executor);
  const [own] = await executor
    .select({ target: logRegistrations.target })
    .from(logRegistrations)
    .where(eq(logRegistrations.id, registrationId));
  if (head === null || own === undefined) throw new Error('A registration is missing.');
  const attempts = await executor
    .select({ id: logRegistrations.id, closedAt: logRegistrations.closedAt, mean: logRegistrations.mean })
    .from(logRegistrations)
    .where(and(eq(logRegistrations.target, own.target), lt(logRegistrations.logIndex, head.size)))
    .orderBy(asc(logRegistrations.logIndex));
  const means = attempts.flatMap(({ id, mean }) => {
    const known = id === registrationId ? ownMean : mean;
    return known === null ? [] : [known];
  });
  const sum = means.reduce((total, mean) => total + mean, 0);
  return {
    number: attempts.findIndex(({ id }) => id === registrationId) + 1,
    of: attempts.length,
    logSize: head.size,
    mean: Math.round((sum / means.length) * 1e6) / 1e6,
    withoutMean: attempts.filter(({ closedAt, mean }) => closedAt !== null && mean === null).length,
  };
};
