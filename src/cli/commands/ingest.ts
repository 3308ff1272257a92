import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { exclusionReasons } from '#contracts/ground-truth.ts';
import { toWire } from '#contracts/wire.ts';
import { serializeGroundTruth } from '#verification/sources/file.ts';
import { sourceFor } from '../engine.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { DrawOptions } from '../options.ts';
import { progressOn } from '../progress.ts';
import { chooseRepository } from '../repository.ts';
import type { Settings } from '../settings.ts';
import { plain, plainJson, type Terminal } from '../terminal.ts';

export type IngestOptions = DrawOptions & { out: string; json?: boolean };

/** `ingest <repo> --out file.jsonl`: writes ground truth alone, one change per line. */
export const ingestCommand = async (
  argument: string,
  options: IngestOptions,
  { settings, terminal, signal }: { settings: Settings; terminal: Terminal; signal: AbortSignal },
): Promise<ExitCode> => {
  if (!/\.jsonl$/i.test(options.out)) throw new UsageError('--out must name a .jsonl file.');
  const repository = await chooseRepository(argument, new URL(settings.githubServerUrl).host);
  const seed = options.seed ?? String(randomInt(2 ** 32));
  const progress = progressOn(terminal);
  const draw = await sourceFor(repository, settings)
    .draw({
      limit: options.limit,
      reserve: 0,
      seed,
      since: options.since ?? null,
      label: options.label ?? null,
      signal,
      onProgress: progress.phase,
    })
    .finally(progress.stop);
  const file = resolve(options.out);
  await writeFileAtomic(file, serializeGroundTruth(draw.drawn), { mode: 0o600 }).catch((error) => {
    throw new UsageError(`${options.out} could not be written (${error.code}). Choose another --out.`);
  });
  const excluded = exclusionReasons.reduce((total, reason) => total + (draw.excluded[reason] ?? 0), 0);
  const { source, commitRange, listed } = draw;
  terminal.result(
    options.json
      ? plainJson(
          toWire({
            file,
            written: draw.drawn.length,
            listed,
            excluded: draw.excluded,
            source,
            commitRange,
            seed,
            private: draw.private,
          }),
        )
      : `Wrote ${draw.drawn.length} changes from ${plain(source)} to ${options.out} (${listed} listed, ${excluded} excluded, seed ${plain(seed)}).`,
  );
  if (draw.private)
    terminal.say(
      'The repository is private, and the file holds its text. Keep the file where only people with access to the repository can read it.',
    );
  return exitCodes.done;
};
