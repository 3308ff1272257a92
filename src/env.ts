import { z } from 'zod';
import { byProvider, type JudgeProvider, providerTable } from '#contracts/judge-providers.ts';
import { isNetwork, networkRule } from '#platform/network/network-rule.ts';
import type { ProxySettings } from '#platform/network/proxies.ts';
import type { JudgeSettings } from '#platform/open-judge.ts';
import { priceOverridesSchema } from '#verification/judges/model/prices.ts';
import { offlineModel } from '#verification/judges/offline/rule.ts';

/** `HOST` values that only this machine can reach. */
export const isLoopbackHost = (host: string) =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

const optional = z
  .string()
  .trim()
  .transform((text) => (text === '' ? undefined : text))
  .optional();

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

const httpUrl = (example: string) =>
  z
    .string()
    .trim()
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
      message: `must be an http or https URL, for example ${example}`,
    })
    .transform((text) => text.replace(/\/+$/, ''));

const proxyUrl = z
  .string()
  .trim()
  .transform((text) => (text.includes('://') ? text : `http://${text}`))
  .refine(
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '';
    },
    // Never the value itself: it may hold a password.
    { message: 'must be the address of an http or https proxy, for example http://proxy.example.com:3128' },
  );

const switchedOn = (name: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .pipe(
      z.enum(['true', 'false', '1', '0', 'on', 'off'], {
        error: `must be true or false, for example ${name}=false`,
      }),
    )
    .transform((text) => ['true', '1', 'on'].includes(text));

const wholeNumber = (rule: { min: number; max: number; example: string }) =>
  z
    .string()
    .trim()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= rule.min && Number(text) <= rule.max, {
      message: `must be a whole number from ${rule.min} to ${rule.max}, for example ${rule.example}`,
    })
    .transform(Number);

/** Keys of 32 bytes as 64 hexadecimal digits or as base64, the one in use first, separated by commas. */
const keys32 = (name: string) =>
  z
    .string()
    .trim()
    .refine(
      (list) =>
        list
          .split(',')
          .map((text) => text.trim())
          .every((text) => /^[0-9a-fA-F]{64}$/.test(text) || /^[A-Za-z0-9+/_-]{43}=?$/.test(text)),
      // Never the value itself: it is a secret.
      {
        message: `must be 32 bytes as 64 hexadecimal digits or base64, for example ${name}=$(openssl rand -hex 32); to replace a key, give the new one and the old one, separated by a comma`,
      },
    );

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const account = /^(?:github:\d+|wallet:0x[0-9a-fA-F]{40}|local:owner)$/;

/** Accounts as `provider:subject`. */
const accounts = list.refine((items) => items.every((item) => account.test(item)), {
  message:
    'must list accounts as github:<numeric id>, wallet:<address> or local:owner, for example github:583231,wallet:0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
});

/** Names or addresses as a browser sends them in Host, without scheme, path or port. */
const hostName =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])$/;

const hosts = list
  .transform((items) => items.map((item) => item.toLowerCase().replace(/\.$/, '')))
  .refine((items) => items.every((item) => hostName.test(item)), {
    message:
      'must list exact host names without scheme and port, for example verify.example.com,verify.internal',
  });

const networks = list.refine((items) => items.every(isNetwork), {
  message: 'must list networks (CIDR) or addresses, for example 10.0.0.0/8,fd00::/8',
});

const isOrigin = (text: string) =>
  text === '*' ||
  (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text);

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
  GITHUB_TOKEN: optional,
  GITHUB_API_URL: httpUrl('https://api.github.com').optional(),
  GITHUB_SERVER_URL: httpUrl('https://github.com').optional(),
  GITHUB_CLIENT_ID: optional,
  GITHUB_CLIENT_SECRET: optional,
  ANTHROPIC_API_KEY: optional,
  ANTHROPIC_BASE_URL: httpUrl('https://api.anthropic.com').optional(),
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
      const prices = priceOverridesSchema.safeParse(parsedJson(text));
      if (prices.success) return prices.data;
      context.addIssue({
        code: 'custom',
        message:
          'must be JSON with US dollars per million tokens by model, for example JUDGE_PRICES={"claude-sonnet-5-5":{"input":2,"cacheWrite":2.5,"cacheRead":0.1,"output":10}}',
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

/** What decides who is a stranger. */
type ModeVariables = Pick<
  Environment,
  | 'TRUST_LOCAL'
  | 'HOST'
  | 'NEXTAUTH_URL'
  | 'ALLOWED_HOSTS'
  | 'KUBERNETES_SERVICE_HOST'
  | 'CODESPACES'
  | 'GITPOD_WORKSPACE_ID'
>;

const isLoopbackUrl = (url: string) => isLoopbackHost(new URL(url).hostname.replace(/^\[|\]$/g, ''));

/** Why an installation is not in local mode; null if it is. Names the variable, never a secret. */
const whyStrict = (environment: ModeVariables): string | null => {
  const { HOST, NEXTAUTH_URL, ALLOWED_HOSTS } = environment;
  if (!environment.TRUST_LOCAL) return 'TRUST_LOCAL is false';
  if (!isLoopbackHost(HOST)) return `HOST is ${HOST}, which other machines can reach`;
  if (NEXTAUTH_URL !== undefined && !isLoopbackUrl(NEXTAUTH_URL))
    return `NEXTAUTH_URL is on ${new URL(NEXTAUTH_URL).hostname}, not on this machine`;
  if (ALLOWED_HOSTS.length > 0) return 'ALLOWED_HOSTS names other hosts';
  const platform = (['KUBERNETES_SERVICE_HOST', 'CODESPACES', 'GITPOD_WORKSPACE_ID'] as const).find(
    (name) => environment[name] !== undefined,
  );
  return platform === undefined ? null : `${platform} is set`;
};

/**
 * Local mode: only this machine reaches the server, so who asks may be the person at it. Everything else is strict. It is
 * decided from the environment alone, in the web process and in workers alike; a request's address or Host gives no right.
 */
export const isLocalMode = (environment: ModeVariables): boolean => whyStrict(environment) === null;

/** What a start says about its mode. */
export const modeLine = (environment: ModeVariables): string => {
  const reason = whyStrict(environment);
  return reason === null
    ? `Local mode: only this machine reaches the server (HOST is ${environment.HOST}).`
    : `Strict: ${reason}. The rules for strangers apply.`;
};

/** A proxy on this machine is likely and not named, so its address would stand for everybody. */
export const isProxyUnnamed = ({ NEXTAUTH_URL, TRUSTED_PROXIES }: Environment): boolean =>
  NEXTAUTH_URL !== undefined && !isLoopbackUrl(NEXTAUTH_URL) && TRUSTED_PROXIES.length === 0;

/** The address under which this installation's own pages and its demonstration oracle are reached. */
export const ownUrl = ({
  NEXTAUTH_URL,
  HOST,
  PORT,
}: Pick<Environment, 'NEXTAUTH_URL' | 'HOST' | 'PORT'>): string => {
  if (NEXTAUTH_URL !== undefined) return NEXTAUTH_URL;
  const host = isLoopbackHost(HOST) ? HOST : '127.0.0.1';
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
};

/** Which hosts a server answers that listens on `listensOn`. */
export const hostRuleOf = (environment: Environment, listensOn: string) => ({
  allowed: [new URL(ownUrl(environment)).hostname, ...environment.ALLOWED_HOSTS],
  anyAddress: !isLoopbackHost(listensOn),
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
    return { ...data, GITHUB_API_URL: api, GITHUB_SERVER_URL: data.GITHUB_SERVER_URL ?? gitHubServerOf(api) };
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
          model: environment[model.variables.model],
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
