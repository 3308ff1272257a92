import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';

const watchdog = new URL('./watchdog.ts', import.meta.url).href;

/** How a process ends that is watched with a patience of two seconds. */
const endOf = async (work: string) => {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { endWhenStuck } from ${JSON.stringify(watchdog)}; endWhenStuck(2_000, 250); ${work}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said, [code, signal]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code, signal, said };
};

test('a process whose event loop stands still is ended, and says so', async () => {
  const { signal, said } = await endOf('setTimeout(() => { for (;;); }, 1_000);');
  expect(signal).toBe('SIGKILL');
  expect(said).toContain('did nothing for 2 s');
}, 60_000);

test('a process that works, and one that has nothing to do, are left alone', async () => {
  const busy =
    'const until = Date.now() + 4_000; const work = () => Date.now() < until && setTimeout(work, 20); work();';
  for (const work of [busy, 'setTimeout(() => {}, 4_000);'])
    expect(await endOf(work)).toMatchObject({ code: 0, signal: null });
}, 60_000);
