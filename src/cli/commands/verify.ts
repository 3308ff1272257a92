import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Certificate } from '#contracts/certificate.ts';
import { defaultWeights } from '#contracts/certificate.ts';
import type { JudgeIdentity } from '#contracts/judge-providers.ts';
import { toWire } from '#contracts/wire.ts';
import { shownOracle } from '#verification/certificate/target.ts';
import type { Judge } from '#verification/judges/judge.ts';
import { carryOut, drawInto, type VerifyContext } from '../carry-out.ts';
import { viewCertificate } from '../certificate-view.ts';
import { canTellText, estimateDraw, viewEstimate } from '../estimate.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import { type Judges, judgesFor } from '../judge.ts';
import type { VerifyOptions } from '../options.ts';
import { defaultConstruct, oracleIdentity, oracleOf } from '../oracle-choice.ts';
import { progressOn } from '../progress.ts';
import { chooseRepository, type RepositoryChoice } from '../repository.ts';
import { configurationOf, type RunDemand } from '../run-configuration.ts';
import { openRunDirectory } from '../run-directory.ts';
import { memoryStore } from '../run-store.ts';
import { plain, plainJson, type Terminal } from '../terminal.ts';

const identityOf = ({ provider, model, endpoint }: Judge): JudgeIdentity => ({ provider, model, endpoint });

const random = { salt: () => randomBytes(16).toString('hex'), seed: () => String(randomInt(2 ** 32)) };

const whatIsChange =
  'The changes of a git repository are the commits of its main line: merges, squashes and direct commits.';

/** What to know of the sample that a certificate's numbers do not show at first sight; null if there is nothing. */
const cloneRemark = ({ draw }: Certificate): string | null => {
  const missing = draw.excluded.not_held ?? 0;
  if (missing === 0) return null;
  const changes = missing === 1 ? 'change is' : 'changes are';
  return `Note: the clone is shallow or partial: ${missing} ${changes} not in it, nor is what came before a shallow clone's oldest commit. The certificate is about what it holds. To draw from all changes run \`git fetch --unshallow\` in a shallow clone, \`git fetch --refetch --no-filter\` in a partial one, and verify again.`;
};

const showCertificate = (
  certificate: Certificate,
  json: boolean,
  { result, say, paint, columns }: Terminal,
) => {
  result(json ? plainJson(toWire(certificate)) : viewCertificate(certificate, paint, columns));
  const remark = cloneRemark(certificate);
  if (remark !== null) say(remark);
};

const dryRun = async (
  repository: RepositoryChoice,
  demand: RunDemand,
  judges: Judges,
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
  const { judge, agreement, variantsAuthor, prices, countTokens } = judges;
  const estimate = await estimateDraw(
    draw,
    {
      judge: judge.provider,
      model: judge.model,
      seed: configuration.seed,
      economy: false,
      baselineReplays: configuration.baselineReplays,
      agreement: agreement && {
        share: agreement.share,
        provider: agreement.judge.provider,
        model: agreement.judge.model,
        prices: agreement.prices,
      },
      variantsAuthor: variantsAuthor && {
        provider: variantsAuthor.judge.provider,
        model: variantsAuthor.judge.model,
        prices: variantsAuthor.prices,
      },
    },
    { prices, countTokens },
  );
  terminal.result(json ? plainJson(estimate) : viewEstimate(estimate, terminal.paint));
  return exitCodes.done;
};

/** `verify <repo>`: runs the engine in this process, with no server and no database. */
export const verifyCommand = async (
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
    endpoint: judge.endpoint,
    promptDigest: judge.promptDigest,
    limit: options.limit,
    minReplays: options.minReplays,
    baselineReplays: options.baselineReplays,
    since: options.since ?? null,
    label: options.label ?? null,
    modelCutoff: options.modelCutoff ?? null,
    seed: options.seed ?? null,
    blinded: options.blind ?? false,
    agreement: agreement && { share: agreement.share, ...identityOf(agreement.judge) },
    weights: defaultWeights,
  };
  if (options.dryRun) return dryRun(repository, demand, judges, json, context);

  const directory = options.out === undefined ? null : await openRunDirectory(options.out, demand, random);
  try {
    if (directory?.certificate) {
      say('An earlier call finished this run; this is its certificate.');
      showCertificate(directory.certificate, json, terminal);
      return exitCodes.done;
    }
    const configuration = directory?.configuration ?? configurationOf(demand, random);
    say(
      `Seed ${plain(configuration.seed)}: --seed ${plain(configuration.seed)} draws the same changes again.`,
    );
    say(canTellText(configuration.limit));
    if (repository.kind === 'git' || repository.kind === 'path') say(whatIsChange);
    const certificate = await carryOut(
      { configuration, directory },
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
    if (directory !== null) {
      const at = (name: string) => join(directory.path, name);
      say(
        `Kept: ${at('certificate.json')}, its signature certificate.jws, evidence.jsonl and jwks.json. To check them: echelon-verify check --offline ${directory.path}`,
      );
      say(
        `Keep private: ${at('replays')} (the answer keys) and run.json (the salt that seals them in the evidence).`,
      );
    }
    return exitCodes.done;
  } finally {
    directory?.close();
  }
};
