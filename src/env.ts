import { z } from 'zod';
import { githubSubject } from '#contracts/account.ts';
import { parseJson } from '#contracts/json.ts';
import { byProvider, type JudgeProvider, providerTable } from '#contracts/judge-providers.ts';
import {
  accounts,
  hosts,
  httpUrl,
  isOrigin,
  keys32,
  list,
  networks,
  optional,
  proxyUrl,
  switchedOn,
  wholeNumber,
  witnesses,
} from '#env-rules.ts';
import { networkRule } from '#platform/network/network-rule.ts';
import type { ProxySettings } from '#platform/network/proxies.ts';
import type { JudgeSettings } from '#platform/open-judge.ts';
import { priceOverridesSchema } from '#verification/judges/model/prices.ts';
import { offlineModel } from '#verification/judges/offline/rule.ts';

const environmentSchema = z.object({
  /** Where child processes (git, python) are looked for. It is all they are given of the environment. */
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  HOST: z.string().trim().min(1, 'must be an address, for example 127.0.0.1').default('127.0.0.1'),
  PORT: wholeNumber({ min: 1, max: 65535, example: 'PORT=3000' }).default(3000),
  DATABASE_URL: z
    .string()
    .trim()
    .refine((text) => URL.canParse(text) && /^postgres(?:ql)?:$/.test(new URL(text).protocol), {
      message: 'must be a Postgres URL, for example postgres://user:password@localhost:5432/echelon',
    })
    .optional(),
  DATA_DIR: optional,
  NEXTAUTH_URL: httpUrl('https://verify.example.com').optional(),
  NEXTAUTH_SECRET: z
    .string()
    .min(16, 'must have at least 16 characters, for example NEXTAUTH_SECRET=$(openssl rand -base64 32)')
    .optional(),
  SECRETS_KEY: keys32('SECRETS_KEY').optional(),
  /** Signs the transparency log. */
  LOG_KEY: keys32('LOG_KEY').optional(),
  /** Who is asked to cosign the log's checkpoints. */
  WITNESSES: witnesses,
  /** Signs certificates. */
  SIGNING_KEY: keys32('SIGNING_KEY').optional(),
  GITHUB_TOKEN: optional,
  GITHUB_API_URL: httpUrl('https://api.github.com').optional(),
  GITHUB_SERVER_URL: httpUrl('https://github.com').optional(),
  GITHUB_CLIENT_ID: optional,
  GITHUB_CLIENT_SECRET: optional,
  ANTHROPIC_API_KEY: optional,
  ANTHROPIC_BASE_URL: httpUrl('https://api.anthropic.com').optional(),
  /** An OpenAI-compatible judge. */
  CHAT_JUDGE_URL: httpUrl('http://localhost:11434/v1')
    .refine((text) => !/^[^/]*\/\/[^/]*@/.test(text), {
      message: 'must not contain a user name or password: give the key in CHAT_JUDGE_API_KEY',
    })
    .optional(),
  CHAT_JUDGE_API_KEY: optional,
  CHAT_JUDGE_MODEL: optional,
  SCORING_MODEL: z.string().trim().min(1).max(200).default(providerTable.anthropic.model.defaultModel),
  ENGINE_ENABLED: switchedOn('ENGINE_ENABLED').default(true),
  /** Proxies for GitHub and the judges, in both usual spellings. */
  HTTPS_PROXY: proxyUrl.optional(),
  https_proxy: proxyUrl.optional(),
  HTTP_PROXY: proxyUrl.optional(),
  http_proxy: proxyUrl.optional(),
  NO_PROXY: optional,
  no_proxy: optional,
  /** The proxy for addresses that strangers name. Without it they are dialled directly. */
  ORACLE_PROXY: proxyUrl.optional(),
  /** True: that proxy resolves names and refuses private networks itself. */
  ORACLE_PROXY_RESOLVES: switchedOn('ORACLE_PROXY_RESOLVES').default(false),
  /** Node reads this one at its start. git is given it too. */
  NODE_EXTRA_CA_CERTS: optional,
  OUTBOUND_ALLOW: list.superRefine((allow, context) => {
    try {
      networkRule({ publicOnly: true, allow });
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  }),
  /** Python oracles are loaded only from below this folder. */
  PYTHON_ORACLE_DIR: optional,
  /** Whether Python oracles in a sandbox may use the worker's network. */
  PYTHON_ORACLE_NETWORK: switchedOn('PYTHON_ORACLE_NETWORK').default(false),
  PAID_JUDGE_ACCOUNTS: accounts,
  /** Who may sign in beside the owner. Empty: everyone. */
  SIGN_IN_ALLOW: accounts,
  /** False: rules for strangers apply even where only this machine can reach the server. */
  TRUST_LOCAL: switchedOn('TRUST_LOCAL').default(true),
  /** Host names that are answered, beside that of NEXTAUTH_URL and this machine's own. */
  ALLOWED_HOSTS: hosts,
  /** Proxies whose X-Forwarded-For is believed. */
  TRUSTED_PROXIES: networks,
  /** Origins whose pages may make calls with a bearer token. `*`: all. */
  CORS_ORIGINS: list
    .refine((items) => items.every(isOrigin), {
      message: 'must list origins, or be *, for example https://app.example.com,https://dash.example.com',
    })
    .transform((items) => (items.length === 0 ? ['*'] : items)),
  /** Each of these is set by a platform on which a loopback address says nothing about who asks. */
  KUBERNETES_SERVICE_HOST: optional,
  CODESPACES: optional,
  GITPOD_WORKSPACE_ID: optional,
  MAX_COST_USD_PER_DAY: z
    .string()
    .trim()
    .refine((text) => /^\d+(?:\.\d+)?$/.test(text), {
      message: 'must be an amount in US dollars, for example MAX_COST_USD_PER_DAY=20',
    })
    .transform(Number)
    .optional(),
  /** How long a worker that is asked to stop lets calls under way continue. */
  GRACE_SECONDS: wholeNumber({ min: 1, max: 600, example: 'GRACE_SECONDS=25' }).default(25),
  /** How long a process may be not ready before it ends, so that what supervises it starts another. */
  UNREADY_SECONDS: wholeNumber({ min: 10, max: 86_400, example: 'UNREADY_SECONDS=180' }).default(180),
  /** Prices of judge models that replace those of the built-in list. */
  JUDGE_PRICES: z
    .string()
    .transform((text, context) => {
      const prices = priceOverridesSchema.safeParse(parseJson(text));
      if (prices.success) return prices.data;
      context.addIssue({
        code: 'custom',
        message:
          'must be JSON with US dollars per million tokens by model, for example JUDGE_PRICES={"my-model":{"input":0.5,"output":1.5}}, with cacheWrite and cacheRead where the cache has prices of its own',
      });
      return z.NEVER;
    })
    .optional(),
  /** What one user may have under way, and start in a UTC day. */
  MAX_RUNS_AT_ONCE: wholeNumber({ min: 1, max: 100_000, example: 'MAX_RUNS_AT_ONCE=20' }).default(20),
  MAX_RUNS_PER_DAY: wholeNumber({ min: 1, max: 1_000_000, example: 'MAX_RUNS_PER_DAY=200' }).default(200),
  MAX_RESUMES_PER_DAY: wholeNumber({ min: 1, max: 1_000_000, example: 'MAX_RESUMES_PER_DAY=200' }).default(
    200,
  ),
  MAX_REPLAYS_PER_DAY: wholeNumber({
    min: 1,
    max: 100_000_000,
    example: 'MAX_REPLAYS_PER_DAY=20000',
  }).default(20_000),
  /** Runs of all users that no worker has begun; further ones are refused until it has. */
  MAX_QUEUED_RUNS: wholeNumber({ min: 1, max: 1_000_000, example: 'MAX_QUEUED_RUNS=1000' }).default(1_000),
  /** What evidence of strangers' runs may take of the disk: it is kept for good. */
  MAX_STRANGERS_EVIDENCE_MB_PER_DAY: wholeNumber({
    min: 1,
    max: 1_000_000_000,
    example: 'MAX_STRANGERS_EVIDENCE_MB_PER_DAY=4096',
  }).default(4_096),
  MAX_STRANGERS_EVIDENCE_MB: wholeNumber({
    min: 1,
    max: 1_000_000_000,
    example: 'MAX_STRANGERS_EVIDENCE_MB=20480',
  }).default(20_480),
  /** Calls to one oracle's origin, by all workers together. */
  ORACLE_MAX_CONCURRENT: wholeNumber({ min: 1, max: 10_000, example: 'ORACLE_MAX_CONCURRENT=16' }).default(
    16,
  ),
  ORACLE_MAX_PER_MINUTE: wholeNumber({
    min: 1,
    max: 1_000_000,
    example: 'ORACLE_MAX_PER_MINUTE=1200',
  }).default(1_200),
  /** Calls to the paid judge under way at once: by one process, and by all workers together. */
  JUDGE_MAX_CONCURRENT: wholeNumber({ min: 1, max: 10_000, example: 'JUDGE_MAX_CONCURRENT=64' }).default(64),
  JUDGE_MAX_CONCURRENT_FLEET: wholeNumber({
    min: 1,
    max: 100_000,
    example: 'JUDGE_MAX_CONCURRENT_FLEET=200',
  }).optional(),
  /** How many days to keep the replays of ended runs, and ground truth that no replay is about any more. */
  RETENTION_DAYS_REPLAYS: wholeNumber({ min: 1, max: 36_500, example: 'RETENTION_DAYS_REPLAYS=90' }).default(
    90,
  ),
  RETENTION_DAYS_SNAPSHOTS: wholeNumber({
    min: 1,
    max: 36_500,
    example: 'RETENTION_DAYS_SNAPSHOTS=180',
  }).default(180),
  /** The bearer token for reading metrics. */
  METRICS_TOKEN: z
    .string()
    .trim()
    .min(16, 'must have at least 16 characters, for example METRICS_TOKEN=$(openssl rand -base64 32)')
    .optional(),
  /** Where a worker answers /metrics, /health and /ready; nowhere without a port. */
  METRICS_PORT: wholeNumber({ min: 1, max: 65535, example: 'METRICS_PORT=9464' }).optional(),
  METRICS_HOST: z.string().trim().default('127.0.0.1'),
  /** A collector of traces, by OTLP over HTTP. */
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl('http://localhost:4318').optional(),
  /** The exporter reads this one. It is listed here because it may hold the collector's key. */
  OTEL_EXPORTER_OTLP_HEADERS: optional,
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be one of fatal, error, warn, info, debug, trace, silent, for example LOG_LEVEL=info',
    })
    .default('info'),
});

/** @throws EnvironmentError where the variable is not set. */
export const requireVariable = (value: string | undefined, name: string): string => {
  if (value !== undefined) return value;
  throw new EnvironmentError(
    `The environment is not usable:\n  ${name} is not set. npm start creates one for its own installation. If you start web and worker yourself, give both the same value.`,
  );
};

/** Every variable that is read. */
export const variableNames = Object.keys(environmentSchema.shape);

export type Environment = z.infer<typeof environmentSchema> & {
  GITHUB_API_URL: string;
  GITHUB_SERVER_URL: string;
};

/**
 * Each of GitHub's two addresses follows from the other, because a token for one GitHub must not go to another. Enterprise
 * Server has its API below its own address, GHE.com has it under a name of its own.
 */
const gitHubServerOf = (apiUrl: string) => {
  if (apiUrl.endsWith('/api/v3')) return apiUrl.slice(0, -'/api/v3'.length);
  const { protocol, host } = new URL(apiUrl);
  return host.startsWith('api.') && host.endsWith('.ghe.com')
    ? `${protocol}//${host.slice('api.'.length)}`
    : 'https://github.com';
};
const gitHubApiOf = (serverUrl: string) => {
  const { protocol, host } = new URL(serverUrl);
  return host === 'github.com' || host.endsWith('.ghe.com')
    ? `${protocol}//api.${host}`
    : `${serverUrl}/api/v3`;
};

/** True of what is no GitHub account too. */
const isOfGitHub = (account: string, serverUrl: string) => {
  const [, id] = /^github:(\d+)/.exec(account) ?? [];
  return id === undefined || account.toLowerCase() === `github:${githubSubject(id, serverUrl)}`;
};

/** A variable of the environment breaks its rule; the message names variable, rule and an example, never a value. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * Reads and checks every variable at once. An empty variable counts as unset.
 * @throws EnvironmentError with one line per bad variable.
 */
export const readEnvironment = (source: Record<string, string | undefined> = process.env): Environment => {
  const present = Object.fromEntries(
    Object.keys(environmentSchema.shape)
      .filter((name) => source[name] !== undefined && source[name].trim() !== '')
      .map((name) => [name, source[name]]),
  );
  const parsed = environmentSchema.safeParse(present);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  if (
    parsed.success &&
    (parsed.data.GITHUB_CLIENT_ID === undefined) !== (parsed.data.GITHUB_CLIENT_SECRET === undefined)
  ) {
    problems.push(
      'GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET must be set together: signing in with GitHub needs both',
    );
  }
  if (parsed.success && problems.length === 0) {
    const { data } = parsed;
    const api = data.GITHUB_API_URL ?? gitHubApiOf(data.GITHUB_SERVER_URL ?? 'https://github.com');
    const server = data.GITHUB_SERVER_URL ?? gitHubServerOf(api);
    for (const name of ['SIGN_IN_ALLOW', 'PAID_JUDGE_ACCOUNTS'] as const)
      if (data[name].some((account) => !isOfGitHub(account, server)))
        problems.push(
          `${name} must name GitHub accounts of the server that people sign in with (GITHUB_SERVER_URL), for example github:${githubSubject('583231', server)}`,
        );
    if (problems.length === 0) return { ...data, GITHUB_API_URL: api, GITHUB_SERVER_URL: server };
  }
  throw new EnvironmentError(
    `The environment is not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`,
  );
};

/** The settings of each judge's provider, from the variables that its entry names. */
export const judgeSettingsOf = (environment: Environment): Record<JudgeProvider, JudgeSettings> =>
  byProvider((provider) => {
    const { model } = providerTable[provider];
    return model === null
      ? { key: null, url: null, model: offlineModel }
      : {
          key: environment[model.variables.key] ?? null,
          url: environment[model.variables.url] ?? null,
          model: environment[model.variables.model] ?? null,
        };
  });

/** The proxies of the environment. As with curl, the lower-case spelling comes first. */
export const proxySettingsOf = (environment: Environment): ProxySettings => ({
  https: environment.https_proxy ?? environment.HTTPS_PROXY ?? null,
  http: environment.http_proxy ?? environment.HTTP_PROXY ?? null,
  oracle:
    environment.ORACLE_PROXY === undefined
      ? null
      : { url: environment.ORACLE_PROXY, resolves: environment.ORACLE_PROXY_RESOLVES },
  direct: environment.no_proxy ?? environment.NO_PROXY ?? '',
});

/** Standard variables that other programs read as well. */
const sharedNames = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
];

/** Set by Next for `next dev`; the page's security policy must let its tools work. */
export const inDevelopment = () => process.env.NODE_ENV === 'development';

/** The environment without this program's own settings and secrets, for a program that its user brings along. */
export const environmentOfUser = (
  source: Record<string, string | undefined> = process.env,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(source).flatMap(([name, value]) =>
      value === undefined || (variableNames.includes(name) && !sharedNames.includes(name))
        ? []
        : [[name, value]],
    ),
  );

/** The environment that a child process starts with: our own, and the decided values. */
export const childEnvironment = (decided: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...decided,
});
