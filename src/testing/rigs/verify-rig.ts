import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '#cli/settings.ts';
import type { Certificate } from '#contracts/certificate.ts';
import { readCertificate } from '#verification/certificate/read.ts';
import {
  type AnthropicFake,
  type AnthropicFakeOptions,
  startAnthropicFake,
} from '../fakes/anthropic/anthropic-fake.ts';
import { type OracleFake, startOracleFake } from '../fakes/oracles/http-fake.ts';
import { keylessJudges, runCommand, runInProcess } from './command-line.ts';

/** Ground truth that needs no repository. */
export const changes = join(import.meta.dirname, '../fixtures/changes.jsonl');
/** The key that the rig's models accept. No output may contain it. */
export const plantedKey = 'sk-ant-planted';

/** Settings that give the model judge a key and its API this address. */
export const modelAt = (url: string, key = plantedKey): Pick<Settings, 'judges'> => ({
  judges: { ...keylessJudges, anthropic: { ...keylessJudges.anthropic, key, url } },
});

const offlineArgs = (source: string, oracle: { url: string }, args: string[]) => [
  ...['verify', source, '--oracle-url', oracle.url, '--judge', 'offline'],
  ...args,
];

/** `verify` with the offline check. */
export const verify = (source: string, oracle: { url: string }, ...args: string[]) =>
  runInProcess(offlineArgs(source, oracle, args));
/** The same in a separate process. */
export const verifyInChild = (source: string, oracle: { url: string }, ...args: string[]) =>
  runCommand(offlineArgs(source, oracle, args));

/** Parses output that must be one document. Anything before or after it would not parse. */
export const certificateOf = (stdout: string): Certificate => {
  const reading = readCertificate(JSON.parse(stdout));
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  return reading.certificate;
};

/** A folder for one test file, and the services on loopback that its tests start. */
export const openVerifyRig = () => {
  const folder = mkdtempSync(join(tmpdir(), 'echelon-cli-'));
  const servers: { close: () => Promise<void> }[] = [];
  const opened = <T extends { close: () => Promise<void> }>(server: T): T => {
    servers.push(server);
    return server;
  };
  return {
    folder,
    startOracle: async (...oracle: Parameters<typeof startOracleFake>): Promise<OracleFake> =>
      opened(await startOracleFake(...oracle)),
    startModel: async (options: AnthropicFakeOptions = {}): Promise<AnthropicFake> =>
      opened(await startAnthropicFake({ apiKey: plantedKey, ...options })),
    /** For `afterEach`. */
    closeServers: async () => {
      await Promise.all(servers.splice(0).map((server) => server.close()));
    },
    /** For `afterAll`. */
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
