#!/usr/bin/env node
import { join, resolve } from 'node:path';
import {
  EnvironmentError,
  environmentOfUser,
  judgeSettingsOf,
  proxySettingsOf,
  readEnvironment,
} from '#env.ts';
import { localUrl } from '#start/address.ts';
import { loadEnvironmentFiles } from '#start/environment-files.ts';
import { runProgram } from './commands/program.ts';
import { exitCodes, UsageError } from './exit.ts';
import type { Settings } from './settings.ts';
import { openTerminal } from './terminal.ts';

const projectDir = join(import.meta.dirname, '../..');

const readSettings = (): Settings => {
  try {
    loadEnvironmentFiles(projectDir);
    const environment = readEnvironment();
    return {
      installationUrl: environment.NEXTAUTH_URL ?? localUrl(environment.HOST, environment.PORT),
      databaseUrl: environment.DATABASE_URL ?? null,
      dataDir: resolve(environment.DATA_DIR ?? join(projectDir, '.data')),
      projectDir,
      signingKeys: environment.SIGNING_KEY?.split(',') ?? [],
      githubToken: environment.GITHUB_TOKEN ?? null,
      githubApiUrl: environment.GITHUB_API_URL,
      githubServerUrl: environment.GITHUB_SERVER_URL,
      judges: judgeSettingsOf(environment),
      judgePrices: environment.JUDGE_PRICES ?? {},
      outboundAllow: environment.OUTBOUND_ALLOW,
      pythonOracleDir: environment.PYTHON_ORACLE_DIR ?? null,
      userEnvironment: environmentOfUser(),
      proxies: proxySettingsOf(environment),
      extraAuthorities: environment.NODE_EXTRA_CA_CERTS ?? null,
      searchPath: environment.PATH,
    };
  } catch (error) {
    throw error instanceof EnvironmentError ? new UsageError(error.message) : error;
  }
};

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second signal ends the process at once; what was stored stays stored.
    if (interrupt.signal.aborted) process.exit(exitCodes.failed);
    interrupt.abort(new Error('Stopped.'));
  });
}
// A reader that closes the pipe early (`| head`) is not a fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), {
  readSettings,
  terminal: openTerminal(process.stdout, process.stderr, process.stdin),
  signal: interrupt.signal,
});
