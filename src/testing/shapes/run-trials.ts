import { Worker } from 'node:worker_threads';
import type { Calling, Finding, Trial, Work } from './try-functions.ts';

/** No linear function computes for this long on one text. */
const longestCallMs = 10_000;
const looksEveryMs = 500;

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Runs the trials in a thread of their own. Resolves to the trial to continue with, or null after the last one. */
const runInThread = (
  work: Work,
  report: (found: Finding) => void,
  mostMs: number,
): Promise<number | null> => {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const worker = new Worker(new URL('./try-functions.ts', import.meta.url), {
    workerData: work,
    execArgv: [],
    // What the functions print is about made values.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  let last: Calling = { place: work.from, text: 'none yet' };
  let since = cpuMs();
  const giveUp = (problem: string) => {
    const { file, name } = work.trials[last.place] ?? { file: 'none', name: 'none' };
    report({ file, name, text: last.text, problem });
    resolve(last.place + 1);
  };
  const look = setInterval(() => {
    if (cpuMs() - since > mostMs) giveUp('does not end');
  }, looksEveryMs);
  worker.on('message', (message: Finding | Calling | 'end') => {
    since = cpuMs();
    if (message === 'end') resolve(null);
    else if ('problem' in message) report(message);
    else last = message;
  });
  worker.on('error', (error) => giveUp(`ends the thread: ${error}`));
  return promise.finally(async () => {
    clearInterval(look);
    await worker.terminate();
  });
};

const runAll = async (
  trials: Trial[],
  { all, mostMs = longestCallMs }: { all: boolean; mostMs?: number },
): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (let from: number | null = 0; from !== null && from < trials.length; )
    from = await runInThread({ trials, from, all }, (found) => findings.push(found), mostMs);
  return findings;
};

/**
 * Tries every function with hostile texts, and returns what does not take linear time. What is found is tried again in
 * a thread of its own and must be found there too: a busy machine may disturb the measurements of one thread to the end.
 */
export const runTrials = async (
  trials: Trial[],
  options: { all: boolean; mostMs?: number },
): Promise<Finding[]> => {
  const suspects = await runAll(trials, options);
  const isSuspect = ({ file, name }: Trial) =>
    suspects.some((found) => found.file === file && found.name === name);
  return runAll(trials.filter(isSuspect), options);
};
