import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { issueCertificate } from '#cli/issue-certificate.ts';
import type { RunDemand } from '#cli/run-configuration.ts';
import { openRunDirectory } from '#cli/run-directory.ts';
import { runReplays } from '#cli/run-replays.ts';
import { defaultWeights } from '#contracts/certificate.ts';
import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import { type Script, scriptedEngine } from './scripted-engine.ts';

const progress = {
  phase: () => {},
  warn: () => {},
  begin: () => {},
  end: () => {},
  shrink: () => {},
  stop: () => {},
};

/** A run of the command line under a script, one replay at a time, on a clock that moves only while the run waits. */
export const directoryRun = (draw: GroundTruthDraw, script: Script) => {
  const folder = mkdtempSync(join(tmpdir(), 'echelon-directory-run-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let clock = Date.parse('2026-11-24T10:00:00Z');
  const { engine, calls } = scriptedEngine(script);
  const judge = engine.judge({ provider: 'offline', model: 'offline-1' }, null);
  const secrets = { githubToken: null, oracleUrl: null, oracleHeaders: {} };
  // The script is the same for every configuration.
  const oracle = engine.oracle({} as Parameters<typeof engine.oracle>[0], secrets, '');
  const limit = draw.drawn.length;
  const demand: RunDemand = {
    repository: 'github:owner/name',
    constructId: 'construct',
    oracle: { shown: 'https://oracle.example', identity: 'https://oracle.example/ask' },
    judge: judge.provider,
    model: judge.model,
    endpoint: judge.endpoint,
    promptDigest: judge.promptDigest,
    limit,
    minReplays: limit,
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
  const carryOut = async (signal: AbortSignal) => {
    const directory = await openRunDirectory(folder, demand, { salt: () => 'salt', seed: () => '1' });
    try {
      const replays = await runReplays({
        draw,
        judge,
        agreement: null,
        variantsAuthor: null,
        oracle,
        seed: '1',
        limit,
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
        signal,
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
  return { carryOut, calls, now };
};
