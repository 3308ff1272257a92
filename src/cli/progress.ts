import { clearLine, cursorTo } from 'node:readline';
import { Presets, SingleBar } from 'cli-progress';
import type { ReplayOutcome } from '#contracts/replay.ts';
import { plain, type Terminal } from './terminal.ts';

/** Shows how a run progresses. No score is shown before the last replay has ended. */
export type Progress = {
  /** What the command is reading or waiting for. */
  phase: (message: string) => void;
  /** A message that stays on the screen after the run has ended. */
  warn: (message: string) => void;
  /** Replays begin. An earlier call has already done `ended` of `total`. */
  begin: (total: number, ended: number) => void;
  /** A replay ended. A replaced one does not count, because the next change takes its place. */
  end: (groundTruthId: string, outcome: ReplayOutcome, reason: string | null) => void;
  /** A change was replaced, and no other is left to take its place. */
  shrink: () => void;
  stop: () => void;
};

type Counts = { total: number; ended: number; failures: number; unscored: number };

const counted = (counts: Counts, outcome: ReplayOutcome) => {
  if (outcome !== 'replaced') counts.ended += 1;
  if (outcome === 'oracle_failure') counts.failures += 1;
  if (outcome === 'unscored') counts.unscored += 1;
};

/** A bar on a terminal, redrawn on one line. */
const barProgress = ({ messages, paintMessage }: Terminal): Progress => {
  const counts: Counts = { total: 0, ended: 0, failures: 0, unscored: 0 };
  const bar = new SingleBar(
    {
      stream: messages,
      format: `Replays ${paintMessage('cyan', '{bar}')} {value}/{total} · oracle failures {failures} · unscored {unscored} · {eta_formatted} left`,
      barsize: 28,
      hideCursor: true,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  const wipe = () => {
    cursorTo(messages, 0);
    clearLine(messages, 0);
  };
  const update = () => bar.update(counts.ended, { failures: counts.failures, unscored: counts.unscored });
  return {
    phase: (message) => {
      wipe();
      messages.write(paintMessage('dim', plain(message, (messages.columns ?? 80) - 1)));
    },
    warn: (message) => {
      wipe();
      messages.write(`${plain(message)}\n`);
    },
    begin: (total, ended) => {
      Object.assign(counts, { total, ended });
      wipe();
      bar.start(total, ended, { failures: 0, unscored: 0 });
    },
    end: (_, outcome) => {
      counted(counts, outcome);
      update();
    },
    shrink: () => {
      counts.total -= 1;
      bar.setTotal(counts.total);
    },
    stop: () => {
      if (counts.total > 0) bar.stop();
      else wipe();
    },
  };
};

const endedAs: Record<ReplayOutcome, string> = {
  scored: 'scored',
  oracle_failure: 'oracle failure (scores 0)',
  unscored: 'unscored (left out)',
  replaced: 'replaced by the next change',
};

/** The least time between two phase lines in a pipe: the count over a long history would fill a log. */
const phaseIntervalMs = 2_000;

/** Plain lines in a pipe or a log. */
const lineProgress = ({ say }: Terminal): Progress => {
  const counts: Counts = { total: 0, ended: 0, failures: 0, unscored: 0 };
  let lastPhase = Number.NEGATIVE_INFINITY;
  return {
    phase: (message) => {
      if (performance.now() - lastPhase < phaseIntervalMs) return;
      lastPhase = performance.now();
      say(plain(message));
    },
    warn: (message) => say(plain(message)),
    begin: (total, ended) => {
      Object.assign(counts, { total, ended });
      say(`${total} replays to do, ${ended} of them already done by an earlier call.`);
    },
    end: (groundTruthId, outcome, reason) => {
      counted(counts, outcome);
      const why = reason === null ? '' : `: ${plain(reason, 200)}`;
      say(`[${counts.ended}/${counts.total}] ${plain(groundTruthId)} ${endedAs[outcome]}${why}`);
    },
    shrink: () => {
      counts.total -= 1;
    },
    stop: () => {},
  };
};

export const progressOn = (terminal: Terminal): Progress =>
  terminal.messages.isTTY ? barProgress(terminal) : lineProgress(terminal);
