import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { isAlive } from '#testing/rigs/process-life.ts';
import {
  askedAbout,
  detailOf,
  pythonOracleOf,
  requirePython,
  sampleRequest,
} from '#testing/rigs/python-rig.ts';

beforeAll(requirePython);

test.each([
  ['os._exit(7)', 'exit code 7'],
  ['os.kill(os.getpid(), signal.SIGKILL)', 'killed with SIGKILL'],
  ['ctypes.string_at(0)', 'killed by SIGSEGV'],
])(
  'a process that dies of %s fails that call, and the next call starts a new one',
  async (statement, words) => {
    const oracle = pythonOracleOf(`
import ctypes, os, signal
def verify(change):
    print("last words")
    if change["id"] == "bad": ${statement}
    return str(os.getpid())
`);
    const before = await detailOf(oracle);
    const outcome = await oracle.ask(askedAbout('bad'));
    expect(outcome).toMatchObject({ reason: 'crashed', httpAnswered: true });
    const detail = outcome.kind === 'failure' ? outcome.detail : '';
    expect(detail).toContain(`The oracle's process ended during the call (${words}`);
    expect(detail).toContain(words.includes('SEGV') ? 'mine.py' : 'last words');
    const after = await detailOf(oracle);
    expect(after).toMatch(/^answered: \d+$/);
    expect(after).not.toBe(before);
  },
);

test.skipIf(process.platform !== 'linux')(
  'a call beyond the memory limit fails, and the next call has a new process',
  async () => {
    const oracle = pythonOracleOf(
      `
import os
held = []
def verify(change):
    if change["id"] == "bad":
        while True: held.append(bytearray(16 * 1024 * 1024))
    return f"{len(held)} {os.getpid()}"
`,
      { memoryBytes: 512 * 1024 * 1024 },
    );
    const before = await detailOf(oracle);
    const outcome = await oracle.ask(askedAbout('bad'));
    expect(outcome).toMatchObject({ reason: 'exception', httpAnswered: true });
    expect(outcome.kind === 'failure' && outcome.detail).toMatch(
      /^The oracle ran out of memory \(its limit is 512 MiB\):\n[\s\S]*MemoryError$/,
    );
    const after = await detailOf(oracle);
    expect(after).toMatch(/^answered: 0 \d+$/);
    expect(after).not.toBe(before);
  },
);

/** Of a call; its limit passes when a test says so. */
const timeoutMs = 700;
const never = (_ms: number, signal?: AbortSignal) => delay(600_000, undefined, { signal });

test('a call beyond the time limit fails, and the next call works', async () => {
  const limits = [Promise.resolve()];
  const oracle = pythonOracleOf(
    'import time\ndef verify(change):\n    if change["id"] == "bad": time.sleep(600)\n    return "fine"',
    { timeoutMs },
    (ms, signal) => (ms === timeoutMs && limits.shift()) || never(ms, signal),
  );
  expect(await oracle.ask(askedAbout('bad'))).toMatchObject({
    reason: 'timeout',
    detail: 'No answer came within 0.7 seconds.',
    httpAnswered: true,
  });
  expect(await detailOf(oracle)).toBe('answered: fine');
});

test('the module is loaded once for all calls, and loading does not count against a call’s limit', async () => {
  let limits = 0;
  const oracle = pythonOracleOf(
    'loads = []\ndef verify(change):\n    loads.append(1)\n    return str(len(loads))',
    { timeoutMs },
    (ms, signal) => {
      if (ms === timeoutMs) limits += 1;
      return never(ms, signal);
    },
  );
  expect(await oracle.load()).toBe(null);
  expect(limits).toBe(0);
  for (const count of [1, 2, 3]) {
    expect(await detailOf(oracle)).toBe(`answered: ${count}`);
    expect(limits).toBe(count);
  }
});

test('simultaneous calls get their own answers, one after another in one process', async () => {
  const oracle = pythonOracleOf(`
import os, time
running = 0
def verify(change):
    global running
    running += 1
    assert running == 1
    time.sleep(0.02)
    running -= 1
    return f"{change['id']} {os.getpid()}"
`);
  const ids = Array.from({ length: 12 }, (_, at) => String(at));
  const answers = await Promise.all(ids.map((id) => detailOf(oracle, askedAbout(id))));
  expect(answers.map((answer) => answer.split(' ')[1])).toEqual(ids);
  expect(new Set(answers.map((answer) => answer.split(' ')[2])).size).toBe(1);
});

test('with several processes, calls run in parallel, one per process', async () => {
  // A call waits until two processes are in one.
  const oracle = pythonOracleOf(
    `
import os, time
here = os.path.dirname(os.path.abspath(__file__))
def verify(change):
    open(os.path.join(here, f"at-work-{os.getpid()}"), "w").close()
    for _ in range(6000):
        if sum(name.startswith("at-work-") for name in os.listdir(here)) == 2: break
        time.sleep(0.01)
    return str(os.getpid())
`,
    { processes: 2 },
  );
  const answers = await Promise.all(['1', '2', '3', '4'].map((id) => detailOf(oracle, askedAbout(id))));
  expect(new Set(answers).size).toBe(2);
});

test('a cancelled call rejects with the reason, and the calls waiting behind it are answered', async () => {
  const oracle = pythonOracleOf(
    'import time\ndef verify(change):\n    if change["id"] == "slow": time.sleep(60)\n    return change["id"]',
  );
  await oracle.load();
  const controller = new AbortController();
  const reason = new Error('enough');
  const slow = oracle.ask(askedAbout('slow'), controller.signal);
  const queued = oracle.ask(askedAbout('queued'), controller.signal);
  const other = detailOf(oracle, askedAbout('other'));
  setTimeout(() => controller.abort(reason), 50);
  await expect(slow).rejects.toBe(reason);
  await expect(queued).rejects.toBe(reason);
  expect(await other).toBe('answered: other');
  await expect(oracle.ask(sampleRequest, controller.signal)).rejects.toBe(reason);
});

test('closing is no verdict on the oracle: calls in progress and later ones reject', async () => {
  const oracle = pythonOracleOf('import time\ndef verify(change): time.sleep(60)');
  await oracle.load();
  const calls = [oracle.ask(sampleRequest), oracle.ask(sampleRequest)].map((call) =>
    expect(call).rejects.toThrow('The Python oracle was closed.'),
  );
  await oracle.close();
  await Promise.all(calls);
  await expect(oracle.ask(sampleRequest)).rejects.toThrow('The Python oracle was closed.');
});

test('an idle interpreter is ended, and the next call starts a new one', async () => {
  const oracle = pythonOracleOf('import os\ndef verify(change): return str(os.getpid())', { idleMs: 100 });
  const before = await detailOf(oracle);
  const pid = Number(before.replace('answered: ', ''));
  await expect.poll(() => isAlive(pid)).toBe(false);
  const after = await detailOf(oracle);
  expect(after).toMatch(/^answered: \d+$/);
  expect(after).not.toBe(before);
});
