import { sql } from 'drizzle-orm';
import { logCheckpoints } from '#db/schema/log.ts';
import { signCheckpoint } from '#verification/log/signing/sign-note.ts';
import { verifierKey } from '#verification/log/verifier-key.ts';
import type { WorkerContext } from '../ground/context.ts';
import { logSigners } from './keys.ts';
import { edgeAt, headOf, requireSameTree, servedNote } from './tree.ts';

/**
 * Signs the head that was committed last, keeps the checkpoint outside the database, and stores it, from which moment on
 * it is served. It signs committed heads only, so what a crash left unsigned is signed by the next call, and every
 * checkpoint is of the one tree. Does nothing where that head is signed already.
 * @returns the size that is served; 0 before the first entry.
 * @throws LogStopped
 */
export const publishCheckpoint = (
  context: Pick<WorkerContext, 'db' | 'sequencer' | 'keptCheckpoint' | 'now'>,
): Promise<number> =>
  context.db.transaction(async (transaction) => {
    // One signer at a time, so that the checkpoint kept outside never goes back.
    await transaction.execute(sql`select pg_advisory_xact_lock(hashtext('sign the log'))`);
    const head = await headOf(transaction);
    await requireSameTree(transaction, context, head);
    if (head === null) return 0;
    const served = await servedNote(transaction);
    if (served !== null && served.size >= head.size) return served.size;
    // Hashes that are not this head's would be signed for good.
    await edgeAt(transaction, head);
    const signing = await logSigners(transaction, context);
    const note = await signCheckpoint(
      head,
      signing.map(({ publicKey, sign }) => ({ key: verifierKey(head.origin, 'note', publicKey), sign })),
    );
    // Before it is served: what anybody may have seen is in it.
    await context.keptCheckpoint.keep(note);
    await transaction.insert(logCheckpoints).values({ size: head.size, note, signedAt: context.now() });
    return head.size;
  });
