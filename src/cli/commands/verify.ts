import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Certificate } from '#contracts/certificate.ts';
import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import type { JudgeUsage } from '#contracts/replay.ts';
import { defaultWeights, reserveFor } from '#services/run/defaults.ts';
import { buildCertificate } from '#verification/certificate/build.ts';
import { noCanaries } from '#verification/certificate/judge-trust.ts';
import { usageByMeasure } from '#verification/certificate/judge-usage.ts';
import { presentCertificate } from '#verification/certificate/present.ts';
import { toWire } from '#verification/certificate/wire.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import { boundedJudge, openAccount } from '../bounded-judge.ts';
import { viewCertificate } from '../certificate-view.ts';
import { oracleFor, sourceFor } from '../engine.ts';
import { estimateRun, viewEstimate } from '../estimate.ts';
import { evidenceOf } from '../evidence.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import { type Judges, judgesFor } from '../judge.ts';
import { type OracleChoice, oracleIdentity, oracleOf, shownOracle, type VerifyOptions } from '../options.ts';
import { type Progress, progressOn } from '../progress.ts';
import { chooseRepository, type RepositoryChoice } from '../repository.ts';
import { configurationOf, type RunConfiguration, type RunDemand } from '../run-configuration.ts';
import { openRunDirectory, type RunDirectory } from '../run-directory.ts';
import { runReplays } from '../run-replays.ts';
import { memoryStore, type RunStore, type StoredReplay } from '../run-store.ts';
import type { Settings } from '../settings.ts';
import { plain, type Terminal } from '../terminal.ts';

export type VerifyContext = { settings: Settings; terminal: Terminal; signal: AbortSignal };

const random = { salt: () => randomBytes(16).toString('hex'), seed: () => String(randomInt(2 ** 32)) };

const issued = (
  run: { configuration: RunConfiguration; draw: GroundTruthDraw; replays: StoredReplay[] },
  now: Date,
): Certificate => {
  const { configuration, draw, replays } = run;
  const { seed, blinded, limit, minReplays, weights, constructId } = configuration;
  const { drawn: _, reserve: __, ...drawFacts } = draw;
  const { replayScores, ...content } = buildCertificate({
    sample: false,
    draw: drawFacts,
    seed,
    blinded,
    limit,
    minReplays,
    weights,
    judge: {
      provider: configuration.judge,
      model: configuration.model,
      promptDigest: configuration.promptDigest,
    },
    secondModel: configuration.agreement?.model ?? null,
    earlier: { canaries: noCanaries, certificates: [] },
    replaced: replays.filter(({ checkpoint }) => endOfReplay(checkpoint)?.outcome === 'replaced').length,
    replays,
  });
  // Of a private repository the published ids are ordinals, which could name another change here.
  const endedAt = new Map(
    draw.private ? [] : replays.map((replay) => [replay.groundTruthId, replay.endedAt]),
  );
  return presentCertificate(
    { ...content, id: randomUUID(), constructId, createdAt: now },
    replayScores.map(({ scored: _scored, ...score }) => ({
      ...score,
      id: randomUUID(),
      scoredAt: new Date(endedAt.get(score.groundTruthId) ?? now),
    })),
  );
};

const drawInto = async (
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

const showCertificate = (certificate: Certificate, json: boolean, { result, paint, columns }: Terminal) =>
  result(json ? JSON.stringify(toWire(certificate), null, 2) : viewCertificate(certificate, paint, columns));

const dryRun = async (
  repository: RepositoryChoice,
  demand: RunDemand,
  { prices, countTokens }: Judges,
  json: boolean,
  { settings, terminal, signal }: VerifyContext,
): Promise<ExitCode> => {
  const configuration = configurationOf(demand, random);
  const progress = progressOn(terminal);
  const draw = await drawInto(memoryStore(), repository, configuration, {
    settings,
    signal,
    progress,
  }).finally(progress.stop);
  const estimate = await estimateRun(draw, { ...configuration, economy: false }, { prices, countTokens });
  terminal.result(json ? JSON.stringify(estimate, null, 2) : viewEstimate(estimate, terminal.paint));
  return exitCodes.done;
};

const tellStop = (store: RunStore, total: number, directory: string | undefined, say: Terminal['say']) => {
  const done = Array.from({ length: total }, (_, at) => store.replayAt(at)).filter(
    (replay) => replay !== null && replay.endedAt !== null,
  ).length;
  say(
    directory === undefined
      ? 'Stopped. Nothing was kept; with --out DIR a run can be stopped and resumed.'
      : `Stopped. ${done} of ${total} replays are done and kept in ${directory}. Run the same command again to resume: no stored call is repeated.`,
  );
};

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal && { signal });
};

/** What the judge's stored calls of this run were paid. */
const spentOn = (store: RunStore, { drawn, reserve }: GroundTruthDraw): JudgeUsage[] =>
  Array.from({ length: drawn.length + reserve.length }, (_, at) => store.replayAt(at)).flatMap((replay) =>
    replay === null ? [] : Object.values(usageByMeasure([replay.checkpoint])),
  );

/** Draws, replays and certifies, from wherever the store stands. */
const carryOut = async (
  run: {
    store: RunStore;
    configuration: RunConfiguration;
    directory: RunDirectory | null;
    out: string | undefined;
  },
  ports: {
    repository: RepositoryChoice;
    choice: OracleChoice;
    judges: Judges;
    maxCostUsd: number | null;
    concurrency: number;
  },
  { settings, terminal, signal }: VerifyContext,
): Promise<Certificate | null> => {
  const { store, configuration } = run;
  const progress = progressOn(terminal);
  const { oracle, close } = await oracleFor(ports.choice, settings, signal);
  const now = () => new Date();
  try {
    const draw = await drawInto(store, ports.repository, configuration, { settings, signal, progress });
    const { judges, concurrency } = ports;
    const bounds = {
      account: openAccount(ports.maxCostUsd, spentOn(store, draw)),
      onWait: progress.phase,
      sleep,
      now: Date.now,
    };
    const { agreement } = judges;
    const blinding = configuration.blinded ? configuration.seed : null;
    const replays = await runReplays({
      draw,
      judge: boundedJudge(judges.judge, bounds),
      agreement: agreement && { ...agreement, judge: boundedJudge(agreement.judge, bounds) },
      oracle,
      seed: configuration.seed,
      blinding,
      store,
      concurrency,
      progress,
      now,
      signal,
    });
    progress.stop();
    const certificate = issued({ configuration, draw, replays }, now());
    await run.directory?.finish(certificate, evidenceOf(draw, replays, configuration.salt));
    return certificate;
  } catch (error) {
    if (!signal.aborted) throw error;
    progress.stop();
    tellStop(store, store.draw?.drawn.length ?? configuration.limit, run.out, terminal.say);
    return null;
  } finally {
    progress.stop();
    await close();
  }
};

/** The name on the certificate where none was given. */
const defaultConstruct = (choice: OracleChoice) => {
  switch (choice.type) {
    case 'python':
      return choice.module;
    case 'chat':
      return choice.model;
    default:
      return new URL(choice.url).host;
  }
};

/** `verify <repo>`: the engine in this one process, with no server and no database. */
export const verify = async (
  argument: string,
  options: VerifyOptions,
  context: VerifyContext,
): Promise<ExitCode> => {
  const { settings, terminal } = context;
  const { say } = terminal;
  const json = options.json ?? false;
  const choice = oracleOf(options);
  const repository = await chooseRepository(argument, new URL(settings.githubServerUrl).host);
  const judges = await judgesFor(options, settings);
  const { judge, agreement } = judges;
  const demand: RunDemand = {
    repository: repository.text,
    constructId: options.constructId ?? defaultConstruct(choice),
    oracle: { shown: shownOracle(choice), identity: oracleIdentity(choice) },
    judge: judge.provider,
    model: judge.model,
    promptDigest: judge.promptDigest,
    limit: options.limit,
    minReplays: options.minReplays,
    since: options.since ?? null,
    label: options.label ?? null,
    seed: options.seed ?? null,
    blinded: options.blind ?? false,
    agreement: agreement && { share: agreement.share, model: agreement.judge.model },
    weights: defaultWeights,
  };
  if (options.dryRun) return dryRun(repository, demand, judges, json, context);

  const directory = options.out === undefined ? null : await openRunDirectory(options.out, demand, random);
  try {
    if (directory?.certificate) {
      say('This run was finished by an earlier call; its certificate is shown again.');
      showCertificate(directory.certificate, json, terminal);
      return exitCodes.done;
    }
    const configuration = directory?.configuration ?? configurationOf(demand, random);
    say(
      `Seed ${plain(configuration.seed)}: --seed ${plain(configuration.seed)} draws the same changes again.`,
    );
    const certificate = await carryOut(
      { store: directory ?? memoryStore(), configuration, directory, out: options.out },
      {
        repository,
        choice,
        judges,
        maxCostUsd: options.maxCost ?? null,
        concurrency: options.concurrency,
      },
      context,
    );
    if (certificate === null) return exitCodes.failed;
    showCertificate(certificate, json, terminal);
    if (options.out !== undefined) {
      say(`Kept: ${join(options.out, 'certificate.json')} and ${join(options.out, 'evidence.jsonl')}.`);
      say(
        `Not to be given away: ${join(options.out, 'replays')} (the answer keys) and run.json (what seals them in the evidence).`,
      );
    }
    return exitCodes.done;
  } finally {
    directory?.close();
  }
};
