import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { defaultWeights } from '#contracts/certificate.ts';
import { oraclePresenceContract } from '#testing/rigs/oracle-presence-contract.ts';
import { changeNumbers, drawOf, scriptedEngine } from '#testing/rigs/scripted-engine.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import { RunStopped } from './exit.ts';
import { issueCertificate } from './issue-certificate.ts';
import type { RunDemand } from './run-configuration.ts';
import { openRunDirectory } from './run-directory.ts';
import { runReplays } from './run-replays.ts';

const draw = drawOf(changeNumbers(4));
const progress = {
  phase: () => {},
  warn: () => {},
  begin: () => {},
  end: () => {},
  shrink: () => {},
  stop: () => {},
};

oraclePresenceContract(async (says, looks) => {
  const folder = mkdtempSync(join(tmpdir(), 'echelon-presence-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let clock = Date.parse('2026-11-24T10:00:00Z');
  let stop = new AbortController();
  let stopBefore: string | undefined;
  const { engine, calls } = scriptedEngine({
    oracle: async ({ pr }) => says(pr.id),
    look: async () => looks(),
    judge: async ({ measure }, { id }) => {
      if (measure === 'answer_key' && id === stopBefore) stop.abort();
      return undefined;
    },
  });
  const judge = engine.judge({ provider: 'offline', model: 'offline-1' }, null);
  const secrets = { githubToken: null, oracleUrl: null, oracleHeaders: {} };
  // The script is the same for every configuration.
  const oracle = engine.oracle({} as Parameters<typeof engine.oracle>[0], secrets, '');
  const demand: RunDemand = {
    repository: 'github:owner/name',
    constructId: 'construct',
    oracle: { shown: 'https://oracle.example', identity: 'https://oracle.example/ask' },
    judge: judge.provider,
    model: judge.model,
    endpoint: judge.endpoint,
    promptDigest: judge.promptDigest,
    limit: 4,
    minReplays: 4,
    baselineReplays: 40,
    since: null,
    label: null,
    modelCutoff: null,
    seed: '1',
    blinded: false,
    agreement: null,
    weights: defaultWeights,
  };
  const now = () => new Date(clock);

  /** Starts the program on what earlier starts have left in the folder. */
  const carryOut = async () => {
    const directory = await openRunDirectory(folder, demand, { salt: () => 'salt', seed: () => '1' });
    try {
      const replays = await runReplays({
        draw,
        judge,
        agreement: null,
        variantsAuthor: null,
        oracle,
        seed: '1',
        limit: demand.limit,
        baselineReplays: demand.baselineReplays,
        blinding: null,
        store: directory,
        shared: null,
        concurrency: 1,
        progress,
        sleep: async (ms) => {
          clock += ms;
        },
        now,
        signal: stop.signal,
      });
      issueCertificate(
        {
          configuration: directory.configuration,
          draw,
          replays,
          unanswered: directory.ledger.unanswered,
        },
        now(),
      );
      return replays;
    } finally {
      directory.close();
    }
  };
  return {
    start: async (before) => {
      stop = new AbortController();
      stopBefore = before;
      try {
        const replays = await carryOut();
        return {
          certified: Object.fromEntries(
            replays.flatMap(({ groundTruthId, checkpoint }) => {
              const end = endOfReplay(checkpoint);
              return end === null ? [] : [[groundTruthId, end.outcome]];
            }),
          ),
        };
      } catch (error) {
        if (stop.signal.aborted) return 'stopped';
        if (error instanceof RunStopped) return { failed: error.message };
        throw error;
      }
    },
    judgeCalls: () => calls.filter((call) => !call.startsWith('oracle:')).length,
    now: () => clock,
  };
});
