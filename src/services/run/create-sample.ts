import { randomBytes } from 'node:crypto';
import { defaultWeights } from '#contracts/certificate.ts';
import { defaultBaselineReplays } from '#contracts/run-request.ts';
import { offlineModel } from '#verification/judges/offline/rule.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { standingOf } from '../ground/standing.ts';
import { whyNotAdmitted } from './admission.ts';
import { insertRun, type RunCreated } from './insert.ts';

/** Shown for the sample in place of a repository's address. */
const sampleRepository = 'echelon-verify (its own history)';
const sampleConstruct = 'demonstration-oracle';
const sampleReplays = 20;

/**
 * A newcomer's first run: the installation's own demonstration oracle against the project's own history, judged offline,
 * so that it needs no key and no network. A null address means the installation's own.
 * @throws AppError PRECONDITION_FAILED if the engine is off, SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS.
 */
export const createSampleRun = async (
  context: ServiceContext,
  actor: Actor,
  address: string | null = null,
): Promise<RunCreated> => {
  const standing = await standingOf(context, actor);
  const refusal = await whyNotAdmitted(context, actor, {
    standing,
    address,
    judge: 'offline',
    start: { replays: sampleReplays },
  });
  if (refusal) throw refusal;
  return insertRun(
    context,
    actor,
    {
      constructId: sampleConstruct,
      repoUrl: sampleRepository,
      config: {
        standing,
        source: { kind: 'sample' },
        since: null,
        label: null,
        modelCutoff: null,
        seed: randomBytes(16).toString('hex'),
        seedSource: 'verifier',
        blinded: false,
        oracle: { type: 'http', url: null, headers: {} },
        oracleQuery: null,
        githubToken: null,
        judge: { provider: 'offline', model: offlineModel, endpoint: null },
        agreement: null,
        variantsAuthor: null,
        maxCostUsd: null,
        economy: false,
        limit: sampleReplays,
        minReplays: 10,
        baselineReplays: defaultBaselineReplays,
        weights: defaultWeights,
      },
      secrets: { githubToken: null, oracleUrl: null, oracleHeaders: {} },
    },
    address,
  );
};
