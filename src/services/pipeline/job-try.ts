import { eq } from 'drizzle-orm';
import type { RunSecrets } from '#contracts/run.ts';
import { storableText } from '#contracts/text.ts';
import { runSecrets } from '#db/schema/runs.ts';
import { SecretBoxError } from '#platform/secret-box.ts';
import { type CleanText, cleanTextOf } from '#verification/text/clean-text.ts';
import type { WorkerContext } from '../ground/context.ts';
import { Outage, reportFault } from '../ground/fault.ts';
import { LogStopped } from '../log/stopped.ts';
import { failRun } from '../state/transitions.ts';
import { watchRun } from './watch.ts';

/**
 * A try failed for a reason that may pass; the queue repeats the job while tries are left. The queue stores an error's
 * message, so this one must hold no secret.
 */
export class PassingFault extends Error {
  override readonly name = 'PassingFault';
}

/** The worker is stopping. That is no fault of the run: the next worker takes the job up. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('The worker is stopping.');
  }
}

/** Another worker has taken this work up. That is no fault of the run: the queue repeats what that worker leaves. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export type JobTry = {
  runId: string;
  /** Ids of the work, for the log. */
  about: Record<string, string>;
  signal?: AbortSignal | undefined;
  stopping?: AbortSignal | undefined;
  /** `signal` is aborted when the worker stops and when the run ends. */
  work: (secrets: RunSecrets, clean: CleanText, signal: AbortSignal) => Promise<void>;
  /** Stores why this try stopped, for run or replay to show if it was the last; returns how many have stopped so. */
  note: (message: string) => Promise<number>;
  /** Ends the work for the reason that was noted last. */
  giveUp: () => Promise<void>;
};

/**
 * How many tries may end in an error. They are counted with the work itself, because the queue's count would include
 * workers that died or were restarted.
 */
const mostFaults = 25;

/**
 * One try at a piece of a run's work, with the run's secrets open. Whatever goes wrong is noted and leaves as an error
 * without secrets, foreign text or stack; the queue decides on the next try. A run whose secrets are gone or cannot be
 * opened fails. If they are gone because the run has ended, its end stands.
 */
export const tryJob = async (
  context: WorkerContext,
  { runId, about, signal, stopping, work, note, giveUp }: JobTry,
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
    if (error instanceof LogStopped) {
      context.log.error(about, error.message);
      await failRun(
        db,
        runId,
        'The transparency log of this installation has stopped, so this run cannot go on. Its operator has to act.',
        now(),
      );
      return;
    }
    const fault = error instanceof PassingFault ? error : reportFault(context, error, about, clean);
    // No fault of the run either, and nothing can be noted now.
    if (fault instanceof Outage) throw fault;
    if ((await note(fault.message)) < mostFaults) throw fault;
    await giveUp();
  } finally {
    watched.stop();
  }
};
