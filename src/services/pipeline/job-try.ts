import { eq } from 'drizzle-orm';
import type { RunSecrets } from '#contracts/run.ts';
import { storableText } from '#contracts/text.ts';
import { runSecrets } from '#db/schema/runs.ts';
import { SecretBoxError } from '#platform/secret-box.ts';
import { type CleanText, cleanTextOf } from '#verification/text/clean-text.ts';
import type { WorkerContext } from '../ground/context.ts';
import { reportFault } from '../ground/fault.ts';
import { failRun } from '../state/transitions.ts';
import { watchRun } from './watch.ts';

/**
 * An attempt failed of something that may pass; the queue repeats it while attempts are left. The queue keeps an
 * error's words, so these hold no secret.
 */
export class PassingFault extends Error {
  override readonly name = 'PassingFault';
}

/** The worker is stopping: not a fault of the run's, the next worker takes the job up. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('The worker is stopping.');
  }
}

/** Another worker has taken this work up: not a fault of the run's either. The queue repeats what that one leaves. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export type Attempt = {
  runId: string;
  /** Ids of what is being done, for the log. */
  about: Record<string, string>;
  signal?: AbortSignal | undefined;
  stopping?: AbortSignal | undefined;
  /** `signal` is aborted where the worker stops, and where the run ends. */
  work: (secrets: RunSecrets, clean: CleanText, signal: AbortSignal) => Promise<void>;
  /** Keeps, where the run or the replay will show it if no attempt is left, what stopped this one; counts them. */
  note: (message: string) => Promise<number>;
  /** Ends what is worked on, in the words that were noted last. */
  giveUp: () => Promise<void>;
};

/**
 * So many attempts may end in an error. They are counted with the work itself and not by the queue, which would count
 * workers that died or were restarted too.
 */
const mostFaults = 25;

/**
 * One attempt at a piece of a run's work, with the run's secrets open. Whatever goes wrong in it is noted and leaves
 * as an error without secrets, without another's words and without a stack; the queue decides on the next attempt.
 * A run whose secrets are gone or cannot be opened fails; where they are gone because it has ended, its end stands.
 */
export const attempt = async (
  context: WorkerContext,
  { runId, about, signal, stopping, work, note, giveUp }: Attempt,
) => {
  const { db, secretBox, now } = context;
  const watched = watchRun(context, runId);
  let clean: CleanText = storableText;
  try {
    const [box] = await db
      .select({ sealed: runSecrets.sealed })
      .from(runSecrets)
      .where(eq(runSecrets.runId, runId));
    if (!box) throw new SecretBoxError('The run has no sealed box.');
    const secrets = secretBox.open(runId, box.sealed);
    clean = cleanTextOf(secrets);
    await work(secrets, clean, AbortSignal.any([watched.signal, ...(signal ? [signal] : [])]));
  } catch (error) {
    if (watched.signal.aborted) return;
    if (signal?.aborted || stopping?.aborted) throw new Interrupted();
    if (error instanceof LeaseLost) throw error;
    if (error instanceof SecretBoxError) {
      const failed = await failRun(
        db,
        runId,
        'The run’s stored secrets can no longer be opened: the installation’s secrets key has changed. Start the run again.',
        now(),
      );
      if (failed) reportFault(context, error, about);
      return;
    }
    const fault = error instanceof PassingFault ? error : reportFault(context, error, about, clean);
    if ((await note(fault.message)) < mostFaults) throw fault;
    await giveUp();
  } finally {
    watched.stop();
  }
};
