import { expect, test } from 'vitest';
import { EnvironmentError, environmentOfUser, proxySettingsOf, readEnvironment } from '#env.ts';
import { engineLine, isLocalMode, isLoopbackHost, isProxyUnnamed, modeLine } from '#mode.ts';

test('an empty environment is complete: loopback, port 3000, engine on', () => {
  expect(readEnvironment({})).toMatchObject({ HOST: '127.0.0.1', PORT: 3000, ENGINE_ENABLED: true });
});

test('an empty variable counts as unset', () => {
  const environment = readEnvironment({ PORT: '', GITHUB_TOKEN: ' ' });
  expect(environment.PORT).toBe(3000);
  expect(environment.GITHUB_TOKEN).toBeUndefined();
});

test.each([
  ['PORT', '70000', 'PORT=3000'],
  ['DATABASE_URL', 'mysql://x', 'postgres://'],
  ['ENGINE_ENABLED', 'maybe', 'ENGINE_ENABLED=false'],
  ['GITHUB_API_URL', 'ftp://x', 'https://api.github.com'],
  ['PAID_JUDGE_ACCOUNTS', 'alice', 'github:583231'],
  ['MAX_COST_USD_PER_DAY', '-1', 'MAX_COST_USD_PER_DAY=20'],
  ['RETENTION_DAYS_REPLAYS', '0', 'RETENTION_DAYS_REPLAYS=90'],
  ['RETENTION_DAYS_SNAPSHOTS', 'for ever', 'RETENTION_DAYS_SNAPSHOTS=180'],
  ['METRICS_TOKEN', 'short', 'openssl rand -base64 32'],
  ['METRICS_PORT', '0', 'METRICS_PORT=9464'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector', 'http://localhost:4318'],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL=info'],
  ['CHAT_JUDGE_URL', 'localhost:11434', 'http://localhost:11434/v1'],
  ['CHAT_JUDGE_URL', 'http://user:secret@localhost:11434', 'CHAT_JUDGE_API_KEY'],
  ['JUDGE_PRICES', '{"m":{"input":1}}', '{"my-model":{"input":0.5,"output":1.5}}'],
  ['JUDGE_PRICES', '{"m":{"input":-1,"output":2}}', '{"my-model":{"input":0.5,"output":1.5}}'],
  ['SIGN_IN_ALLOW', 'alice', 'github:583231'],
  ['SIGN_IN_ALLOW', 'github:583231@github.example.com', 'github:583231'],
  ['HTTPS_PROXY', 'socks5://proxy:1080', 'http://proxy.example.com:3128'],
  ['http_proxy', 'http://user:secret@proxy/path', 'http://proxy.example.com:3128'],
  ['ORACLE_PROXY', 'http://', 'http://proxy.example.com:3128'],
  ['ORACLE_PROXY_RESOLVES', 'maybe', 'ORACLE_PROXY_RESOLVES=false'],
  ['TRUST_LOCAL', 'perhaps', 'TRUST_LOCAL=false'],
  ['ALLOWED_HOSTS', 'https://verify.example.com', 'verify.example.com'],
  ['ALLOWED_HOSTS', 'verify.example.com:3000', 'verify.example.com'],
  ['TRUSTED_PROXIES', 'nginx', '10.0.0.0/8'],
  ['CORS_ORIGINS', 'https://app.example.com/', 'https://app.example.com'],
])('a bad %s is refused with its name, its rule and an example', (name, value, example) => {
  expect(() => readEnvironment({ [name]: value })).toThrow(EnvironmentError);
  expect(() => readEnvironment({ [name]: value })).toThrow(
    new RegExp(`${name} must .*${example.replace(/[$.]/g, '\\$&')}`),
  );
});

test('a price without prices for the cache has the price of its input there', () => {
  expect(readEnvironment({ JUDGE_PRICES: '{"m":{"input":2,"output":8}}' }).JUDGE_PRICES).toEqual({
    m: { input: 2, cacheWrite: 2, cacheRead: 2, output: 8 },
  });
  expect(
    readEnvironment({ JUDGE_PRICES: '{"m":{"input":2,"cacheRead":0.2,"output":8}}' }).JUDGE_PRICES,
  ).toEqual({ m: { input: 2, cacheWrite: 2, cacheRead: 0.2, output: 8 } });
});

test('a bad secret is refused without being printed', () => {
  const planted = 'planted-secret-value';
  try {
    readEnvironment({ SECRETS_KEY: planted, NEXTAUTH_SECRET: 'short', METRICS_TOKEN: 'planted-secret-' });
    expect.unreachable();
  } catch (error) {
    expect(String(error)).toMatch(/SECRETS_KEY must .*openssl rand -hex 32/);
    expect(String(error)).not.toContain('planted-secret-');
  }
});

test.each(['SIGN_IN_ALLOW', 'PAID_JUDGE_ACCOUNTS'])(
  'GitHub accounts of %s are those of the server that people sign in with',
  (name) => {
    const at = (server: string, accounts: string) =>
      readEnvironment({ GITHUB_SERVER_URL: server, [name]: accounts })[name as 'SIGN_IN_ALLOW'];
    const wallet = `wallet:0x${'aB'.repeat(20)}`;
    for (const [server, accounts] of [
      ['https://github.com', `github:1,${wallet},local:owner`],
      ['https://github.example.com', `github:1@GitHub.example.com,${wallet}`],
      ['http://[::1]:3001', 'github:1@[::1]:3001'],
      ['https://github.example.com', wallet],
    ] as const)
      expect(at(server, accounts)).toEqual(accounts.split(','));
    for (const [server, accounts] of [
      ['https://github.example.com', `${wallet},github:1`],
      ['https://github.example.com', 'github:1@other.example.com'],
      ['https://github.example.com:8443', 'github:1@github.example.com'],
    ] as const)
      expect(() => at(server, accounts)).toThrow(
        `${name} must name GitHub accounts of the server that people sign in with (GITHUB_SERVER_URL), for example github:583231@${new URL(server).host}`,
      );
  },
);

test('one GitHub sign-in variable without the other is refused', () => {
  expect(() => readEnvironment({ GITHUB_CLIENT_ID: 'x' })).toThrow(/GITHUB_CLIENT_SECRET/);
});

test.each([
  ['127.0.0.1', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['192.168.1.4', false],
  ['::', false],
])('host %s is loopback: %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});

test('an installation is local only where nothing says that others reach it', () => {
  const local = (source: Record<string, string>) => isLocalMode(readEnvironment(source));
  for (const host of ['127.0.0.1', '127.8.0.1', '::1', 'localhost']) expect(local({ HOST: host })).toBe(true);
  for (const url of ['http://localhost:3000', 'http://127.0.0.1:1', 'http://[::1]:3000'])
    expect(local({ NEXTAUTH_URL: url })).toBe(true);
  const strict: Record<string, string>[] = [
    { HOST: '0.0.0.0' },
    { HOST: '::' },
    { HOST: '192.168.1.4' },
    { HOST: 'verify.example.com' },
    { NEXTAUTH_URL: 'https://verify.example.com' },
    { NEXTAUTH_URL: 'http://192.168.1.4:3000' },
    { NEXTAUTH_URL: 'https://localhost.example.com' },
    { ALLOWED_HOSTS: 'verify.internal' },
    { TRUST_LOCAL: '0' },
    { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    { CODESPACES: 'true' },
    { GITPOD_WORKSPACE_ID: 'blue-cat' },
  ];
  for (const source of strict) expect({ source, local: local(source) }).toEqual({ source, local: false });
});

test('a start says its mode and the variable that decides it', () => {
  const line = (source: Record<string, string>) => modeLine(readEnvironment(source));
  expect(line({})).toMatch(/^Local mode: .*HOST is 127\.0\.0\.1/);
  for (const [source, reason] of [
    [{ HOST: '0.0.0.0' }, 'HOST is 0.0.0.0'],
    [{ NEXTAUTH_URL: 'https://user:secret@verify.example.com' }, 'NEXTAUTH_URL is on verify.example.com'],
    [{ ALLOWED_HOSTS: 'verify.internal' }, 'ALLOWED_HOSTS'],
    [{ TRUST_LOCAL: '0' }, 'TRUST_LOCAL'],
    [{ CODESPACES: 'true' }, 'CODESPACES'],
  ] as const) {
    expect(line(source)).toMatch(/^Strict: /);
    expect(line(source)).toContain(reason);
    expect(line(source)).not.toContain('secret');
  }
});

test('a start says that no run is carried out, where that is set', () => {
  const line = (source: Record<string, string>) => engineLine(readEnvironment(source));
  expect(line({})).toBeNull();
  expect(line({ ENGINE_ENABLED: 'true' })).toBeNull();
  expect(line({ ENGINE_ENABLED: 'false' })).toMatch(/^ENGINE_ENABLED is false: .*no run/);
});

test('a proxy is likely where people use a public address and none is named', () => {
  const unnamed = (source: Record<string, string>) => isProxyUnnamed(readEnvironment(source));
  const url = { NEXTAUTH_URL: 'https://verify.example.com' };
  expect(unnamed(url)).toBe(true);
  expect(unnamed({ ...url, TRUSTED_PROXIES: '127.0.0.1' })).toBe(false);
  expect(unnamed({ NEXTAUTH_URL: 'http://127.0.0.1:3000' })).toBe(false);
  expect(unnamed({ HOST: '0.0.0.0' })).toBe(false);
});

test('repositories are cloned from the server whose API is asked', () => {
  expect(readEnvironment({}).GITHUB_SERVER_URL).toBe('https://github.com');
  expect(readEnvironment({ GITHUB_API_URL: 'https://ghe.example.com/api/v3/' }).GITHUB_SERVER_URL).toBe(
    'https://ghe.example.com',
  );
  // The other way round.
  const apiOf = (GITHUB_SERVER_URL: string) => readEnvironment({ GITHUB_SERVER_URL }).GITHUB_API_URL;
  expect(readEnvironment({}).GITHUB_API_URL).toBe('https://api.github.com');
  expect(apiOf('https://github.com')).toBe('https://api.github.com');
  expect(apiOf('https://octo.ghe.com')).toBe('https://api.octo.ghe.com');
  expect(apiOf('https://ghe.example.com')).toBe('https://ghe.example.com/api/v3');
  expect(readEnvironment({ GITHUB_API_URL: 'https://api.octo.ghe.com' }).GITHUB_SERVER_URL).toBe(
    'https://octo.ghe.com',
  );
  const named = { GITHUB_API_URL: 'https://api.example.com', GITHUB_SERVER_URL: 'https://git.example.com' };
  expect(readEnvironment(named).GITHUB_SERVER_URL).toBe('https://git.example.com');
});

test('proxies are read in both spellings, the lower-case one first, and left to a user’s own program', () => {
  const proxies = {
    HTTPS_PROXY: 'http://upper:1',
    https_proxy: 'lower:2',
    HTTP_PROXY: 'http://user:p%40ss@plain:3/',
    NO_PROXY: '.internal',
    ORACLE_PROXY: 'http://strangers:4',
    ORACLE_PROXY_RESOLVES: '1',
  };
  expect(proxySettingsOf(readEnvironment(proxies))).toEqual({
    https: 'http://lower:2',
    http: 'http://user:p%40ss@plain:3/',
    oracle: { url: 'http://strangers:4', resolves: true },
    direct: '.internal',
  });
  expect(proxySettingsOf(readEnvironment({}))).toEqual({ https: null, http: null, oracle: null, direct: '' });
  expect(environmentOfUser({ ...proxies, GITHUB_TOKEN: 'x' })).toEqual({
    HTTPS_PROXY: 'http://upper:1',
    https_proxy: 'lower:2',
    HTTP_PROXY: 'http://user:p%40ss@plain:3/',
    NO_PROXY: '.internal',
  });
});
