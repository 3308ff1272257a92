import { randomUUID } from 'node:crypto';
import type { OracleTrial } from '#contracts/run.ts';
import { toWire } from '#contracts/wire.ts';
import { offlineFacts } from '#verification/judges/offline/judge.ts';
import { tryOracle } from '#verification/oracles/try-oracle.ts';
import { oracleFor, sourceFor } from '../engine.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { TryOptions } from '../options.ts';
import { oracleOf } from '../oracle-choice.ts';
import { progressOn } from '../progress.ts';
import { chooseRepository } from '../repository.ts';
import type { Settings } from '../settings.ts';
import { plain, plainJson, type Terminal } from '../terminal.ts';

const viewTrial = ({ change, question, answer, latencyMs, retries, remarks }: OracleTrial): string =>
  [
    `Change    ${plain(change.id)}: ${plain(change.title)}`,
    `Question  ${question}`,
    `Latency   ${(latencyMs / 1000).toFixed(1)} s${retries === 0 ? '' : `, after ${retries} repeated calls`}`,
    ...(answer === null
      ? []
      : [
          '',
          `Summary   ${plain(answer.summary)}`,
          ...answer.keyClaims.map(
            ({ claim, confidence }, at) =>
              `Claim ${at + 1}   ${plain(claim)}${confidence === null ? '' : ` (confidence ${confidence})`}`,
          ),
          `Reply     ${plain(answer.followUpResponse)}`,
        ]),
    '',
    ...(remarks.length === 0
      ? ['The answer follows the contract.']
      : remarks.map(({ level, text }) => `${level === 'error' ? 'Error' : 'Warning'}: ${plain(text)}`)),
  ].join('\n');

/** `try <repo>`: makes one call to the oracle, about the newest change. Calls no judge and keeps nothing. */
export const tryCommand = async (
  argument: string,
  options: TryOptions,
  { settings, terminal, signal }: { settings: Settings; terminal: Terminal; signal: AbortSignal },
): Promise<ExitCode> => {
  const choice = oracleOf(options);
  const repository = await chooseRepository(argument, new URL(settings.githubServerUrl).host);
  const progress = progressOn(terminal);
  const { oracle, close } = await oracleFor(choice, settings, signal);
  try {
    const draw = await sourceFor(repository, settings).draw({
      limit: 1,
      reserve: 0,
      seed: '',
      since: options.since ?? null,
      label: options.label ?? null,
      order: 'newest',
      signal,
      onProgress: progress.phase,
    });
    const [newest] = draw.drawn;
    if (newest === undefined) throw new Error('A draw of one change came back empty.');
    const trial = await tryOracle(oracle, newest, {
      blinding: options.blind ? randomUUID() : null,
      ruleFacts: offlineFacts,
      signal,
    });
    progress.stop();
    terminal.result(options.json ? plainJson(toWire(trial)) : viewTrial(trial));
    return trial.answer === null ? exitCodes.failed : exitCodes.done;
  } finally {
    progress.stop();
    await close();
  }
};
