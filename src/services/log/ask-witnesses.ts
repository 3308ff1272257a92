import { desc, eq } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { messageOf } from '#db/message-of.ts';
import { logCosignatures } from '#db/schema/log.ts';
import type { WitnessPort } from '#platform/log/witnesses.ts';
import { writeSignatures } from '#verification/log/note.ts';
import { parseVerifierKey } from '#verification/log/verifier-key.ts';
import { readWitnessAnswer, type WitnessAnswer, writeAddCheckpoint } from '#verification/log/witness.ts';
import type { WorkerContext } from '../ground/context.ts';
import { publicRead } from '../ground/public-read.ts';
import { readerOf } from './read.ts';
import { servedNote } from './tree.ts';

type WitnessContext = Pick<WorkerContext, 'db' | 'sequencer' | 'log' | 'now'>;

/** A checkpoint that nobody adds to is cosigned again, so that its newest cosignature is never a day old. */
const askAgainAfterMs = 6 * 60 * 60_000;

const newestOf = async (executor: Executor, vkey: string) => {
  const [row] = await executor
    .select({ size: logCosignatures.size, cosignedAt: logCosignatures.cosignedAt })
    .from(logCosignatures)
    .where(eq(logCosignatures.witness, vkey))
    .orderBy(desc(logCosignatures.size), desc(logCosignatures.cosignedAt))
    .limit(1);
  return row ?? null;
};

const meaning = (answer: WitnessAnswer): string => {
  switch (answer.kind) {
    case 'saw other size':
      return `It has seen a tree of ${answer.size} entries.`;
    case 'inconsistent':
      return 'It has seen another tree of this log. If its operator confirms that, this log has two histories.';
    case 'no answer':
      return `It answered ${answer.status}.`;
    case 'unusable':
      return answer.detail;
    default:
      return `It said: ${answer.kind}.`;
  }
};

type Served = NonNullable<Awaited<ReturnType<typeof servedNote>>>;

const addCheckpoint = async (
  { db, now }: WitnessContext,
  { vkey, ask }: WitnessPort,
  { size, note }: Pick<Served, 'size' | 'note'>,
  oldSize: number,
): Promise<WitnessAnswer> => {
  const proof =
    oldSize === 0 || oldSize >= size
      ? []
      : await publicRead(db, (snapshot) => readerOf(snapshot, note).proveConsistency(oldSize));
  const request = { oldSize, proof, checkpoint: note };
  const response = await ask(writeAddCheckpoint(request));
  return readWitnessAnswer(response, request, [parseVerifierKey(vkey)], now());
};

const askOne = async (context: WitnessContext, witness: WitnessPort, served: Served): Promise<void> => {
  const { db, log, now } = context;
  const { vkey } = witness;
  const { name } = parseVerifierKey(vkey);
  const newest = await newestOf(db, vkey);
  const isFresh =
    newest !== null &&
    newest.size === served.size &&
    now().getTime() - newest.cosignedAt.getTime() < askAgainAfterMs;
  if (isFresh) return;
  // Witnesses sign what the log itself signed.
  const own = { size: served.size, note: served.signed };
  let answer = await addCheckpoint(context, witness, own, newest?.size ?? 0);
  if (answer.kind === 'saw other size' && answer.size <= served.size)
    answer = await addCheckpoint(context, witness, own, answer.size);
  if (answer.kind !== 'cosigned') {
    log.warn({ witness: name }, `A witness did not cosign the checkpoint. ${meaning(answer)}`);
    return;
  }
  await db
    .insert(logCosignatures)
    .values(
      answer.signatures.map((signature) => ({
        size: served.size,
        witness: vkey,
        cosignedAt: new Date(signature.timestamp * 1000),
        line: writeSignatures([signature]),
      })),
    )
    .onConflictDoNothing();
};

/** Asks the witnesses to cosign the served checkpoint. What they answer is verified before it is served. */
export const askWitnesses = async (context: WitnessContext): Promise<void> => {
  const { db, sequencer, log } = context;
  if (sequencer.witnesses.length === 0) return;
  const served = await publicRead(db, servedNote);
  if (served === null) return;
  await Promise.all(
    sequencer.witnesses.map((witness) =>
      askOne(context, witness, served).catch((error) =>
        log.warn(
          { witness: parseVerifierKey(witness.vkey).name },
          `A witness could not be asked: ${messageOf(error)}`,
        ),
      ),
    ),
  );
};
