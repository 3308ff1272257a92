import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type Run } from '#contracts/run.ts';
import { progressOn } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { InstallationUnreached } from './installation.ts';
import { statusLine } from './run-view.ts';

const pollMs = 2_000;
/** A run survives a restart of its installation, which may include a new build. So does the command that watches it. */
const patienceMs = 5 * 60_000;

/**
 * Reads a run until it has ended, and shows what changes.
 * @throws what `read` throws: at once on the first call, later only if nothing answered for five minutes.
 */
export const watchToEnd = async (
  read: () => Promise<Run>,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<Run> => {
  const progress = progressOn(terminal);
  let shown = '';
  const show = (line: string) => {
    if (line !== shown) progress.phase(line);
    shown = line;
  };
  let run = await read();
  let answeredAt = performance.now();
  try {
    while (!isTerminal(run.status)) {
      show(statusLine(run));
      await delay(pollMs, undefined, { signal });
      try {
        run = await read();
        answeredAt = performance.now();
      } catch (error) {
        if (!(error instanceof InstallationUnreached) || performance.now() - answeredAt > patienceMs)
          throw error;
        show('The installation does not answer. Trying again.');
      }
    }
    return run;
  } finally {
    progress.stop();
    if (signal.aborted) terminal.say('The run itself goes on.');
  }
};
