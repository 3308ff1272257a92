import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Certificate } from '#contracts/certificate.ts';
import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import type { OracleChoice } from '#contracts/oracle-types.ts';
import { engineIn } from '#platform/engine-version.ts';
import { groundTruthDigest } from '#verification/certificate/run-evidence.ts';
import { shownOracle, targetDigest } from '#verification/certificate/target.ts';
import type { Judge } from '#verification/judges/judge.ts';
import { reserveFor } from '#verification/sources/draw.ts';
import { accountedJudge, boundedJudge } from './bounded-judge.ts';
import { oracleFor, sourceFor } from './engine.ts';
import { writeEvidence } from './evidence.ts';
import { CommandError, RunStopped, UsageError } from './exit.ts';
import { issueCertificate, signCertificate } from './issue-certificate.ts';
import type { Judges } from './judge.ts';
import { judgmentsIn, openJudgmentFolder } from './judgment-folder.ts';
import { ledgerAccount, spentUsd } from './ledger.ts';
import { type Progress, progressOn } from './progress.ts';
import type { RepositoryChoice } from './repository.ts';
import type { RunConfiguration } from './run-configuration.ts';
import type { RunDirectory } from './run-directory.ts';
import { type RunWork, runReplays } from './run-replays.ts';
import { memoryStore, type RunStore } from './run-store.ts';
import type { Settings } from './settings.ts';
import { signersOf } from './signing-key.ts';
import type { Terminal } from './terminal.ts';

export type VerifyContext = { settings: Settings; terminal: Terminal; signal: AbortSignal };

/** The ground truth of a run: the stored draw, else a new one, which is stored. */
export const drawInto = async (
  store: RunStore,
  repository: RepositoryChoice,
  { limit, since, label, seed }: Pick<RunConfiguration, 'limit' | 'since' | 'label' | 'seed'>,
  { settings, signal, progress }: { settings: Settings; signal: AbortSignal; progress: Progress },
): Promise<GroundTruthDraw> => {
  if (store.draw !== null) return store.draw;
  const draw = await sourceFor(repository, settings).draw({
    limit,
    reserve: reserveFor(limit),
    seed,
    since,
    label,
    signal,
    onProgress: progress.phase,
  });
  await store.keepDraw(draw);
  return draw;
};

/** Says how far a stopped run came. */
const whatIsKept = (store: RunStore, total: number, directory: string | undefined): string => {
  if (directory === undefined) return 'Nothing was kept; with --out DIR a run can be stopped and resumed.';
  const done = Array.from({ length: total }, (_, at) => store.replayAt(at)).filter(
    (replay) => replay !== null && replay.endedAt !== null,
  ).length;
  return `${done} of ${total} replays are done and kept in ${directory}.`;
};

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal && { signal });
};

/** @throws UsageError if the run has already spent its limit, so that it could make no call. */
const refuseSpentLimit = ({ ledger }: RunStore, maxCostUsd: number | null) => {
  const spent = spentUsd(ledger);
  if (maxCostUsd !== null && spent >= maxCostUsd)
    throw new UsageError(
      `--max-cost is $${maxCostUsd.toFixed(2)}, and this run has already spent $${spent.toFixed(4)}. Give a higher limit to resume it.`,
    );
};

/**
 * The judgments that this run shares with other runs of this installation's command line. A private repository leaves
 * nothing in the data directory: neither judgments nor git objects.
 */
const sharedWith = async (
  { salt }: RunConfiguration,
  draw: GroundTruthDraw,
  judge: Judge,
  { settings, progress }: { settings: Settings; progress: Progress },
): Promise<RunWork['shared']> => {
  if (draw.private) return null;
  const folder = await openJudgmentFolder({
    path: join(settings.dataDir, 'answer-keys'),
    now: () => new Date(),
    warn: progress.warn,
  });
  return (
    folder &&
    ((groundTruth, position) =>
      judgmentsIn(
        folder,
        {
          groundTruthDigest: groundTruthDigest(groundTruth),
          replayId: createHash('sha256').update(`${salt}\0replay\0${position}`).digest('hex'),
        },
        judge,
      ))
  );
};

/**
 * Draws, replays and certifies, and resumes what the directory holds. Without a directory nothing is kept.
 * @returns null if the user stopped it; this was printed.
 */
export const carryOut = async (
  { configuration, directory }: { configuration: RunConfiguration; directory: RunDirectory | null },
  ports: {
    repository: RepositoryChoice;
    choice: OracleChoice;
    judges: Judges;
    maxCostUsd: number | null;
    concurrency: number;
  },
  { settings, terminal, signal }: VerifyContext,
): Promise<Certificate | null> => {
  const store = directory ?? memoryStore();
  refuseSpentLimit(store, ports.maxCostUsd);
  const progress = progressOn(terminal);
  const { oracle, close } = await oracleFor(ports.choice, settings, signal);
  const now = () => new Date();
  try {
    const draw = await drawInto(store, ports.repository, configuration, { settings, signal, progress });
    const { judges, concurrency } = ports;
    const bounds = {
      account: ledgerAccount(ports.maxCostUsd, store),
      onWait: progress.phase,
      sleep,
      now: Date.now,
    };
    const { agreement, variantsAuthor } = judges;
    const blinding = configuration.blinded ? configuration.seed : null;
    const replays = await runReplays({
      draw,
      judge: boundedJudge(judges.judge, {
        ...bounds,
        modelOption: '--model',
        isUrlGiven: judges.isUrlGiven,
      }),
      agreement: agreement && {
        ...agreement,
        judge: boundedJudge(agreement.judge, {
          ...bounds,
          modelOption: '--agreement-model',
          // One provider has one client, so one address.
          isUrlGiven: judges.isUrlGiven && agreement.judge.provider === judges.judge.provider,
        }),
      },
      variantsAuthor: variantsAuthor && accountedJudge(variantsAuthor.judge, bounds.account),
      oracle,
      seed: configuration.seed,
      limit: configuration.limit,
      baselineReplays: configuration.baselineReplays,
      blinding,
      store,
      shared: await sharedWith(configuration, draw, judges.judge, { settings, progress }),
      concurrency,
      progress,
      sleep,
      now,
      signal,
    });
    const certificate = issueCertificate(
      { configuration, draw, replays, unanswered: store.ledger.unanswered },
      now(),
    );
    if (directory === null) return certificate;
    const { modelCutoff, salt } = configuration;
    const evidence = writeEvidence({ draw, replays, modelCutoff }, salt);
    const { choice } = ports;
    const files = await signCertificate(
      { certificate, configuration, draw, evidence },
      { oracleType: choice.type, origin: shownOracle(choice), targetDigest: targetDigest(choice) },
      { signers: await signersOf(settings), engine: await engineIn(settings.projectDir) },
    );
    return await directory.finish(files);
  } catch (error) {
    progress.stop();
    const kept = whatIsKept(store, store.draw?.drawn.length ?? configuration.limit, directory?.path);
    if (signal.aborted) {
      const remedy = 'Run the same command again to resume: no stored call is repeated.';
      terminal.say(['Stopped.', kept, ...(directory === null ? [] : [remedy])].join(' '));
      return null;
    }
    if (!(error instanceof RunStopped)) throw error;
    throw new CommandError([error.reason, kept, ...(directory === null ? [] : [error.remedy])].join(' '));
  } finally {
    progress.stop();
    await close();
  }
};
