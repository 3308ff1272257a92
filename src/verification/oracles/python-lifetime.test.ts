import { beforeAll, expect, test } from 'vitest';
import {
  askedAbout,
  detailOf,
  pythonOracleOf,
  requirePython,
  sampleRequest,
} from '#testing/fakes/oracles/python-oracle.ts';

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

test('a call beyond the time limit fails, and the next call works', async () => {
  const oracle = pythonOracleOf(
    'import time\ndef verify(change):\n    if change["id"] == "bad": time.sleep(60)\n    return "fine"',
    { timeoutMs: 700 },
  );
  const startedAt = Date.now();
  expect(await oracle.ask(askedAbout('bad'))).toMatchObject({
    reason: 'timeout',
    detail: 'No answer came within 0.7 seconds.',
    httpAnswered: true,
  });
  expect(Date.now() - startedAt).toBeLessThan(10_000);
  expect(await detailOf(oracle)).toBe('answered: fine');
});

test('the module is loaded once for all calls, and loading does not count against a call’s limit', async () => {
  const oracle = pythonOracleOf(
    'import time\ntime.sleep(1)\nloads = []\ndef verify(change):\n    loads.append(1)\n    return str(len(loads))',
    { timeoutMs: 900 },
  );
  expect(await oracle.load()).toBe(null);
  for (const count of ['1', '2', '3']) expect(await detailOf(oracle)).toBe(`answered: ${count}`);
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
  const oracle = pythonOracleOf(
    'import os, time\ndef verify(change):\n    time.sleep(0.3)\n    return str(os.getpid())',
    {
      processes: 2,
    },
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
  await expect
    .poll(
      () => {
        try {
          return process.kill(pid, 0);
        } catch {
          return false;
        }
      },
      { timeout: 5000 },
    )
    .toBe(false);
  const after = await detailOf(oracle);
  expect(after).toMatch(/^answered: \d+$/);
  expect(after).not.toBe(before);
});
