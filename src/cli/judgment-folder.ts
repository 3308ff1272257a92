import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { faultCode } from '#contracts/errors.ts';
import { instantSchema } from '#contracts/instant.ts';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { type AnswerKey, baselineVerdictsSchema, sharedAnswerKeySchema } from '#contracts/replay.ts';
import { takeLock } from '#db/embedded/lock.ts';
import type { Judge } from '#verification/judges/judge.ts';
import { keyLifeMs, type SharedJudgments } from '#verification/replay/shared-judgments.ts';

const storedSchema = z.object({
  groundTruthDigest: z.string(),
  judgeProvider: z.enum(judgeProviders),
  judgeModel: z.string(),
  judgeEndpointDigest: z.string(),
  promptDigest: z.string(),
  outcome: sharedAnswerKeySchema,
  /** The replay that had the key made. If it was cut off before its checkpoint held the key, it still owns the key. */
  keyOfReplay: z.string(),
  baseline: baselineVerdictsSchema.nullable(),
  baselineOfReplay: z.string().nullable(),
  /** RFC 3339. */
  createdAt: instantSchema,
});
type Stored = z.infer<typeof storedSchema>;

export type JudgmentFolder = {
  path: string;
  now: () => Date;
  /** Called with each fault of the folder. Such a fault never ends a run. */
  warn: (message: string) => void;
};

const codeOf = (error: unknown) => faultCode(error) ?? 'unknown fault';

/** A lock is held only while a small file is written. A process that holds it longer was stopped. */
const lockPatienceMs = 10_000;
const lockPauseMs = 10;

/** Lets one process at a time change the folder, so that a key is kept once even if several processes make it. */
const withLock = async <T>(folder: string, work: () => Promise<T>): Promise<T> => {
  for (let waitedMs = 0; ; waitedMs += lockPauseMs) {
    const lock = takeLock(join(folder, '.lock'));
    if (lock !== null) return work().finally(lock.release);
    if (waitedMs >= lockPatienceMs) throw new Error('Another process holds the folder.');
    await delay(lockPauseMs);
  }
};

/**
 * Opens the folder of the judgments that runs share, and deletes retired ones. Only its owner can read it, because keys
 * are secret while they are in use.
 * @returns null if the folder cannot be used; `warn` gets the reason.
 */
export const openJudgmentFolder = async (folder: JudgmentFolder): Promise<JudgmentFolder | null> => {
  const { path, now, warn } = folder;
  try {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o700);
    const retired = now().getTime() - keyLifeMs;
    for (const name of await readdir(path)) {
      const file = join(path, name);
      const found = await stat(file).catch(() => null);
      if (name !== '.lock' && found !== null && found.mtimeMs < retired) await rm(file, { force: true });
    }
    return folder;
  } catch (error) {
    warn(
      `Answer keys cannot be kept in ${path} for other runs (${codeOf(error)}): each run pays for its own.`,
    );
    return null;
  }
};

/**
 * The answer key of one change, with the verdicts on the baseline, in one file. Both are made once for all runs of this
 * installation's command line under the same judge and prompts. The first key to be stored stays, so that all runs are
 * judged by the same one. A damaged file counts as missing and is replaced.
 * @param change its digest; `replayId` identifies the replay among those of all runs.
 */
export const judgmentsIn = (
  { path, now, warn }: JudgmentFolder,
  { groundTruthDigest, replayId }: { groundTruthDigest: string; replayId: string },
  {
    provider: judgeProvider,
    model: judgeModel,
    endpointDigest: judgeEndpointDigest = '',
    promptDigest,
  }: Pick<Judge, 'provider' | 'model' | 'endpointDigest' | 'promptDigest'>,
): SharedJudgments => {
  const identity = { groundTruthDigest, judgeProvider, judgeModel, judgeEndpointDigest, promptDigest };
  const name = createHash('sha256')
    .update(JSON.stringify(Object.values(identity)))
    .digest('hex');
  const file = join(path, `${name}.json`);

  const read = async (): Promise<Stored | null> => {
    try {
      const stored = storedSchema.parse(JSON.parse(await readFile(file, 'utf8')));
      const { groundTruthDigest, judgeProvider, judgeModel, judgeEndpointDigest, promptDigest } = stored;
      const found = { groundTruthDigest, judgeProvider, judgeModel, judgeEndpointDigest, promptDigest };
      if (isDeepStrictEqual(found, identity)) return stored;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
    }
    warn(`${file} is damaged: its answer key is made again.`);
    return null;
  };
  const standing = async () => {
    const stored = await read();
    return stored !== null && now().getTime() - Date.parse(stored.createdAt) < keyLifeMs ? stored : null;
  };
  const by = (stored: Stored | null, key: AnswerKey) =>
    stored?.outcome.kind === 'made' && isDeepStrictEqual(stored.outcome.key, key) ? stored : null;
  const write = (stored: Stored) => writeFileAtomic(file, JSON.stringify(stored), { mode: 0o600 });
  /** If the result cannot be kept for others, this run still uses it. */
  const keeping = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await withLock(path, work);
    } catch (error) {
      warn(`${file} could not be written (${codeOf(error)}): other runs pay for this key again.`);
      return otherwise;
    }
  };

  return {
    answerKey: async () => {
      const stored = await standing();
      return stored && { value: stored.outcome, own: stored.keyOfReplay === replayId };
    },

    keepAnswerKey: (outcome) =>
      keeping(async () => {
        const stored = await standing();
        if (stored !== null) return stored.outcome;
        const createdAt = now().toISOString();
        const none = { baseline: null, baselineOfReplay: null };
        await write({ ...identity, outcome, keyOfReplay: replayId, ...none, createdAt });
        return outcome;
      }, outcome),

    baseline: async (key) => {
      const stored = by(await read(), key);
      return stored?.baseline ? { value: stored.baseline, own: stored.baselineOfReplay === replayId } : null;
    },

    keepBaseline: (baseline, key) =>
      keeping(async () => {
        const stored = by(await read(), key);
        if (stored?.baseline === null) await write({ ...stored, baseline, baselineOfReplay: replayId });
      }, undefined),
  };
};
