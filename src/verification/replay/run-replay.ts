import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';
import { makeAnswerKey } from '../judges/answer-key.ts';
import type { Judge } from '../judges/judge.ts';
import { judgePrecision, judgeRecall, judgeReply, type VerdictMaterial } from '../judges/verdicts.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { parseDiff } from '../sources/diff.ts';
import { oracleRequest } from './oracle-request.ts';
import { endOfReplay, type ReplayEnd } from './score.ts';

/** Where a replay's steps are kept as they arrive. `checkpoint` is what was there when the replay was opened. */
export type ReplayStore = {
  checkpoint: ReplayCheckpoint;
  /** Keeps one step; rejects where this replay is no longer the caller's. */
  save<S extends ReplayStep>(step: S, value: NonNullable<ReplayCheckpoint[S]>): Promise<void>;
  /** Called before the oracle is; rejects where it must not be any more. */
  beforeOracleCall(): Promise<void>;
};

/**
 * Carries one replay to its end: answer key, oracle call, then the three verdicts side by side. Each step is kept as
 * it arrives and none that was kept is done again, so a restarted worker repeats no paid call. Rejects where `signal`
 * is aborted or the store refuses; what the judge or the oracle do wrong is an end, never a rejection.
 */
export const runReplay = async ({
  groundTruth,
  judge,
  oracle,
  store,
  blinding = null,
  signal,
}: {
  groundTruth: GroundTruth;
  judge: Judge;
  oracle: Oracle;
  store: ReplayStore;
  /** See `oracleRequest`. */
  blinding?: string | null;
  signal?: AbortSignal;
}): Promise<ReplayEnd> => {
  const done: ReplayCheckpoint = { ...store.checkpoint };
  const keep = async <S extends ReplayStep>(step: S, value: NonNullable<ReplayCheckpoint[S]>) => {
    await store.save(step, value);
    done[step] = value;
    return value;
  };
  // One opening for all calls: they share the fence and the cached prefix.
  const opened = judge.open(groundTruth);

  const answerKey =
    done.answerKey ??
    (await keep('answerKey', await makeAnswerKey(opened, groundTruth, { model: judge.model, signal })));
  if (answerKey.kind !== 'made') return ended(done);

  if (done.oracle === undefined) {
    signal?.throwIfAborted();
    await store.beforeOracleCall();
    const request = oracleRequest(groundTruth, answerKey.key.question, blinding);
    await keep('oracle', await oracle.ask(request, signal));
  }
  if (done.oracle?.kind !== 'answer' || endOfReplay(done) !== null) return ended(done);

  const material: VerdictMaterial = {
    judge: opened,
    model: judge.model,
    groundTruth,
    diff: parseDiff(groundTruth.diff),
    key: answerKey.key,
    answer: done.oracle.answer,
    signal,
  };
  // All are waited for, also when one fails: what the others were paid for is kept.
  const settled = await Promise.allSettled([
    done.precision === undefined
      ? judgePrecision(material).then((verdict) => keep('precision', verdict))
      : null,
    done.recall === undefined ? judgeRecall(material).then((verdict) => keep('recall', verdict)) : null,
    done.reply === undefined ? judgeReply(material).then((verdict) => keep('reply', verdict)) : null,
  ]);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  return ended(done);
};

const ended = (checkpoint: ReplayCheckpoint): ReplayEnd => {
  const end = endOfReplay(checkpoint);
  if (end === null) throw new Error('A replay whose steps are all stored has no end.');
  return end;
};
