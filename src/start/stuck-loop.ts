import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** The thread of `endWhenStuck`. A loop that is stuck can neither notice it nor end the process. */
const { everyMs, patienceMs } = workerData as { everyMs: number; patienceMs: number };

// It counts its own looks, not the time: a process that was paused is not to blame for the pause.
let looksWithoutSign = 0;
parentPort?.on('message', () => {
  looksWithoutSign = 0;
});
setInterval(() => {
  looksWithoutSign += 1;
  if (looksWithoutSign * everyMs < patienceMs) return;
  // Output through the process's own stream would wait for it.
  writeSync(2, `This process did nothing for ${Math.round(patienceMs / 1000)} s, and is ended.\n`);
  process.kill(process.pid, 'SIGKILL');
}, everyMs);
