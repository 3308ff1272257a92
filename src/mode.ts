import type { Environment } from '#env.ts';

/** `HOST` values that only this machine can reach. */
export const isLoopbackHost = (host: string) =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

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

/** What a start says beside its mode, if anything was switched off. */
export const engineLine = ({ ENGINE_ENABLED }: Pick<Environment, 'ENGINE_ENABLED'>): string | null =>
  ENGINE_ENABLED
    ? null
    : 'ENGINE_ENABLED is false: certificates are served, and no run is carried out. Set ENGINE_ENABLED=true and start again to carry out runs.';

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

/** The address that people elsewhere use; null where only this machine reaches the server, or none is named. */
export const publicAddressOf = ({ NEXTAUTH_URL }: Pick<Environment, 'NEXTAUTH_URL'>): string | null =>
  NEXTAUTH_URL === undefined || isLoopbackUrl(NEXTAUTH_URL) ? null : NEXTAUTH_URL;

/** Which hosts a server answers that listens on `listensOn`. */
export const hostRuleOf = (environment: Environment, listensOn: string) => ({
  allowed: [new URL(ownUrl(environment)).hostname, ...environment.ALLOWED_HOSTS],
  anyAddress: !isLoopbackHost(listensOn),
});
