import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type Run } from '#contracts/run.ts';
import { progressOn } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { InstallationUnreached } from './installation.ts';
import { statusLine } from './run-view.ts';

const pollMs = 2_000;
/** A run outlives a restart of its installation, which may have to be built anew; so does whoever watches it. */
const patienceMs = 5 * 60_000;

/**
 * Asks after a run until it has ended, and tells what changes.
 * @throws what `read` throws: at once at the first call, later where nothing was reached for five minutes.
 */
export const watchToEnd = async (
  read: () => Promise<Run>,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<Run> => {
  const progress = progressOn(terminal);
  let told = '';
  const tell = (line: string) => {
    if (line !== told) progress.phase(line);
    told = line;
  };
  let run = await read();
  let answeredAt = performance.now();
  try {
    while (!isTerminal(run.status)) {
      tell(statusLine(run));
      await delay(pollMs, undefined, { signal });
      try {
        run = await read();
        answeredAt = performance.now();
      } catch (error) {
        if (!(error instanceof InstallationUnreached) || performance.now() - answeredAt > patienceMs)
          throw error;
        tell('The installation does not answer. It is asked again.');
      }
    }
    return run;
  } finally {
    progress.stop();
    if (signal.aborted) terminal.say('The run itself goes on.');
  }
};
