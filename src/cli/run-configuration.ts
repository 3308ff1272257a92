import { createHash } from 'node:crypto';
import { z } from 'zod';
import { methodologyVersion, seedSourceSchema, weightsSchema } from '#contracts/certificate.ts';
import { judgeIdentitySchema, judgeProviders } from '#contracts/judge-providers.ts';

/**
 * What decides a run's result. The output directory stores it, so that a later call resumes this run and no other.
 * The oracle's address may hold a secret in its path or query, so only its origin is stored in clear.
 */
export const runConfigurationSchema = z.object({
  version: z.literal(1),
  repository: z.string(),
  constructId: z.string(),
  /** Its origin or its callable; holds no secret. */
  oracleOrigin: z.string(),
  oracleAddressDigest: z.string(),
  salt: z.string(),
  judge: z.enum(judgeProviders),
  model: z.string(),
  /** The origin of the judge's endpoint, if the operator chose it. */
  endpoint: z.string().nullable(),
  promptDigest: z.string(),
  methodologyVersion: z.string(),
  limit: z.number().int(),
  minReplays: z.number().int(),
  baselineReplays: z.number().int(),
  since: z.string().nullable(),
  label: z.string().nullable(),
  modelCutoff: z.string().nullable(),
  seed: z.string(),
  seedSource: seedSourceSchema,
  blinded: z.boolean(),
  /** The share of replays that is judged again, and the judge that does it; null if agreement is not measured. */
  agreement: judgeIdentitySchema.extend({ share: z.number() }).nullable(),
  weights: weightsSchema,
});
export type RunConfiguration = z.infer<typeof runConfigurationSchema>;

/** What a call asks for, before a seed is drawn; `seed` is null if none was given. */
export type RunDemand = Omit<
  RunConfiguration,
  'version' | 'oracleOrigin' | 'oracleAddressDigest' | 'salt' | 'methodologyVersion' | 'seed' | 'seedSource'
> & { oracle: { shown: string; identity: string }; seed: string | null };

const addressDigest = (salt: string, identity: string) =>
  createHash('sha256').update(`${salt}\0${identity}`).digest('hex');

/** `random` makes the salt, and the seed if none was given. */
export const configurationOf = (
  { oracle, seed, ...demand }: RunDemand,
  random: { salt: () => string; seed: () => string },
): RunConfiguration => {
  const salt = random.salt();
  return {
    version: 1,
    ...demand,
    seed: seed ?? random.seed(),
    seedSource: seed === null ? 'verifier' : 'owner',
    oracleOrigin: oracle.shown,
    oracleAddressDigest: addressDigest(salt, oracle.identity),
    salt,
    methodologyVersion,
  };
};

/** The stored run with this call's models, if both name the same judge. */
export const withModelsOf = (stored: RunConfiguration, demand: RunDemand): RunConfiguration => {
  if (stored.judge !== demand.judge) return stored;
  const { agreement } = stored;
  const again = demand.agreement?.provider === agreement?.provider ? demand.agreement : null;
  return {
    ...stored,
    model: demand.model,
    agreement: agreement && { ...agreement, model: again?.model ?? agreement.model },
  };
};

const options: [keyof RunDemand & keyof RunConfiguration, string][] = [
  ['repository', 'the repository'],
  ['constructId', '--construct-id'],
  ['judge', '--judge'],
  ['model', 'the judge’s model (--model)'],
  ['endpoint', 'the judge’s endpoint (--judge-url)'],
  ['promptDigest', 'the judge’s prompts (another version of this program)'],
  ['limit', '--limit'],
  ['minReplays', '--min-replays'],
  ['since', '--since'],
  ['label', '--label'],
  ['modelCutoff', '--model-cutoff'],
  ['baselineReplays', '--baseline-replays'],
  ['blinded', '--blind'],
];

/** How this call differs from a stored run, in words; empty if the call resumes it. */
export const differences = (stored: RunConfiguration, demand: RunDemand): string[] => {
  const shown = (value: unknown) => (value === null ? 'none' : String(value));
  const agreementText = ({ agreement }: Pick<RunConfiguration, 'agreement'>) =>
    agreement === null
      ? 'none'
      : `${agreement.share} by ${[agreement.provider, agreement.model, agreement.endpoint].filter((part) => part !== null).join(' ')}`;
  const differing = options.flatMap(([key, name]) =>
    stored[key] === demand[key] ? [] : [`${name}: ${shown(stored[key])} there, ${shown(demand[key])} here`],
  );
  if (stored.oracleAddressDigest !== addressDigest(stored.salt, demand.oracle.identity))
    differing.push(
      stored.oracleOrigin === demand.oracle.shown
        ? `the oracle: another path, query, tool or model at ${stored.oracleOrigin}`
        : `the oracle: ${stored.oracleOrigin} there, ${demand.oracle.shown} here`,
    );
  if (agreementText(stored) !== agreementText(demand))
    differing.push(`--agreement-sample: ${agreementText(stored)} there, ${agreementText(demand)} here`);
  if (demand.seed !== null && demand.seed !== stored.seed)
    differing.push(`--seed: ${stored.seed} there, ${demand.seed} here`);
  if (stored.methodologyVersion !== methodologyVersion)
    differing.push(`the methodology: ${stored.methodologyVersion} there, ${methodologyVersion} here`);
  return differing;
};
