import type { WitnessPort } from '#platform/log/witnesses.ts';
import { openCheckpoint } from '#verification/log/checkpoint.ts';
import { readBase64 } from '#verification/log/encoding.ts';
import type { TreeHead } from '#verification/log/merkle.ts';
import { parseNote, writeSignatures } from '#verification/log/note.ts';
import { verifyConsistency } from '#verification/log/proofs.ts';
import { cosignNote } from '#verification/log/signing/sign-note.ts';
import { type VerifierKey, writeVerifierKey } from '#verification/log/verifier-key.ts';
import type { WitnessResponse } from '#verification/log/witness.ts';
import { noteSignerOf } from '../builders/ed25519-key.ts';

const answer = (status: number, body = '', contentType: string | null = 'text/plain'): WitnessResponse => ({
  status,
  contentType,
  body,
});

/**
 * A witness as C2SP's tlog-witness v1.0.0 has it: it cosigns a checkpoint that extends what it saw last, and nothing else.
 * @param seed of its key. `lines` is how many cosignatures it answers, each a second older than the one before. `asked` holds the `old` line of each request.
 */
export const openFakeWitness = (
  name: string,
  log: { origin: string; logKeys: VerifierKey[] },
  {
    now = () => new Date(),
    seed = name,
    lines: count = 1,
  }: { now?: () => Date; seed?: string; lines?: number } = {},
): WitnessPort & { asked: number[]; seen: (head: TreeHead | null) => void } => {
  const signer = noteSignerOf(name, 'cosignature', seed);
  let seen: TreeHead | null = null;
  const asked: number[] = [];
  return {
    vkey: writeVerifierKey(signer.key),
    asked,
    seen: (head) => {
      seen = head;
    },
    ask: async (body) => {
      const end = body.indexOf('\n\n');
      const [first = '', ...lines] = body.slice(0, end).split('\n');
      const old = Number(/^old (\d+)$/.exec(first)?.[1]);
      asked.push(old);
      const checkpoint = body.slice(end + 2);
      const opened = openCheckpoint(checkpoint, { ...log, witnessKeys: [] });
      if (!opened.ok) return answer(opened.failure === 'other origin' ? 404 : 403);
      if (old !== (seen?.size ?? 0)) return answer(409, `${seen?.size ?? 0}\n`, 'text/x.tlog.size');
      const proof = lines.map((line) => readBase64(line) ?? new Uint8Array());
      const isConsistent = seen === null || verifyConsistency(seen, opened.checkpoint, proof);
      if (!isConsistent) return answer(422);
      seen = opened.checkpoint;
      const { text } = parseNote(checkpoint);
      const time = Math.floor(now().getTime() / 1000);
      const signatures = await Promise.all(
        Array.from({ length: count }, (_, at) => cosignNote(text, time - at, signer)),
      );
      return answer(200, writeSignatures(signatures));
    },
  };
};
