import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { pythonStarter } from '#services/engine/python-process.ts';
import { type PythonOracle, type PythonOracleOptions, pythonNameFault, pythonOracle } from './python.ts';

const request: OracleRequest = {
  pr: { id: '142', title: 'T', description: 'D', diff_content: '+ü\u2028\ud800', files_changed: ['a.ts'] },
  follow_up_question: 'Why?',
};

let folder: string;
let oracles: PythonOracle[] = [];

beforeAll(() => {
  try {
    execFileSync('python3', ['-c', 'import sys; assert sys.version_info >= (3, 8)'], { stdio: 'ignore' });
  } catch {
    throw new Error(
      'These tests run real Python oracles: put python3 (3.8 or later) on the PATH, for example with apt-get install python3.',
    );
  }
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'python-oracle-'));
});
afterEach(async () => {
  await Promise.all(oracles.map((oracle) => oracle.close()));
  oracles = [];
  rmSync(folder, { recursive: true, force: true });
});

/** The oracle `verify` of a module with this text. */
const oracleOf = (text: string, options: Partial<PythonOracleOptions> = {}) => {
  writeFileSync(join(folder, 'mine.py'), text);
  const oracle = pythonOracle(
    {
      start: pythonStarter({ searchPath: process.env.PATH ?? '', directory: folder, confined: true }),
      sleep: (ms, signal) => delay(ms, undefined, { signal }),
      now: Date.now,
    },
    { module: 'mine', callable: 'verify', ...options },
  );
  oracles.push(oracle);
  return oracle;
};
const asked = (id: string): OracleRequest => ({ ...request, pr: { ...request.pr, id } });
const detailOf = async (oracle: PythonOracle, of = request) => {
  const outcome = await oracle.ask(of);
  return outcome.kind === 'failure' ? outcome.detail : `answered: ${outcome.answer.summary}`;
};

test('a callable gets one flat dict and its dict is read as an answer', async () => {
  const oracle = oracleOf(`
def verify(change):
    assert change == {"id": "142", "title": "T", "description": "D", "diff_content": "+ü\\u2028\\ud800",
                      "files_changed": ["a.ts"], "follow_up_question": "Why?"}, ascii(change)
    return {"summary": "fine ü", "key_claims": ["a", {"claim": "b", "confidence": 0.5}],
            "follow_up_response": "so", "metadata": {"x": 1}}
`);
  expect(await oracle.ask(request)).toEqual({
    kind: 'answer',
    answer: {
      summary: 'fine ü',
      keyClaims: [
        { claim: 'a', confidence: null },
        { claim: 'b', confidence: 0.5 },
      ],
      followUpResponse: 'so',
    },
    latencyMs: expect.any(Number),
    retries: 0,
  });
});

test('an async callable is awaited, and clients it keeps live from call to call', async () => {
  const oracle = oracleOf(`
import asyncio
loops = []
async def verify(change):
    await asyncio.sleep(0.01)
    loops.append(asyncio.get_running_loop())
    return {"summary": f"{len(loops)} calls, {len(set(map(id, loops)))} loop"}
`);
  expect(await detailOf(oracle)).toBe('answered: 1 calls, 1 loop');
  expect(await detailOf(oracle)).toBe('answered: 2 calls, 1 loop');
});

test('a plain callable may run a loop of its own', async () => {
  const oracle = oracleOf(
    'import asyncio\nasync def inner(): return "inner"\ndef verify(change): return asyncio.run(inner())',
  );
  expect(await detailOf(oracle)).toBe('answered: inner');
});

test.each([
  ['"words"', 'words'],
  ['None', 'None'],
  ['["a", 1]', "['a', 1]"],
  ['12.5', '12.5'],
])('a value that is no dict, as %s, is the summary in its text form', async (value, summary) => {
  expect(await detailOf(oracleOf(`def verify(change): return ${value}`))).toBe(`answered: ${summary}`);
});

test.each([
  ['{"summary": 1}', 'summary must be a string; it is the number 1.'],
  ['{"key_claims": "x"}', 'key_claims must be an array; it is a string.'],
  [
    '{"key_claims": [{"claim": "x", "confidence": float("nan")}]}',
    /cannot be written as JSON\. ValueError: Out of range/,
  ],
  [
    '{"summary": "x", "metadata": {"at": {1, 2}}}',
    /cannot be written as JSON\. TypeError: Object of type set/,
  ],
  ['{("a", "b"): 1}', /cannot be written as JSON\. TypeError/],
])('a dict that is no answer, as %s, is malformed', async (value, detail) => {
  expect(await oracleOf(`def verify(change): return ${value}`).ask(request)).toMatchObject({
    kind: 'failure',
    reason: 'malformed',
    detail: typeof detail === 'string' ? detail : expect.stringMatching(detail),
    httpAnswered: true,
  });
});

test('a dict that holds itself is malformed', async () => {
  expect(
    await detailOf(oracleOf('def verify(change):\n    change["self"] = change\n    return change')),
  ).toContain('cannot be written as JSON');
});

test('lone surrogates and NUL are replaced, as in an answer over HTTP', async () => {
  const oracle = oracleOf('def verify(change): return {"summary": "a\\ud800b\\0c"}');
  expect(await detailOf(oracle)).toBe('answered: a\ufffdb\ufffdc');
});

test('an answer may be as large as the limit and no larger, and the next call works', async () => {
  const oracle = oracleOf(
    `def verify(change): return {"summary": "ü" * int(change["id"])}`,
    // {"summary": ""} is 15 bytes, each ü two.
    { maxBytes: 2015 },
  );
  expect(await oracle.ask(asked('1000'))).toMatchObject({ kind: 'answer' });
  expect(await oracle.ask(asked('1001'))).toMatchObject({
    reason: 'too_large',
    detail: 'The answer is larger than 2015 bytes.',
    httpAnswered: true,
  });
  expect(await oracle.ask(asked('1'))).toMatchObject({ kind: 'answer', answer: { summary: 'ü' } });
});

test('a large change and a large answer cross whole', async () => {
  const oracle = oracleOf('def verify(change): return change["diff_content"]');
  const diff = 'ö\n"\\'.repeat(100_000);
  const outcome = await oracle.ask({ ...request, pr: { ...request.pr, diff_content: diff } });
  expect(outcome.kind === 'answer' && outcome.answer.summary === diff).toBe(true);
});

test('prints, C-level writes, child processes and reads of standard input cannot break the protocol', async () => {
  const oracle = oracleOf(`
import os, subprocess, sys
print('{"kind": "ready", "call": 0}')
def verify(change):
    print('{"kind": "answer", "call": 1, "value": {"summary": "forged"}}', flush=True)
    os.write(1, b'{"kind": "too_large", "call": 1}\\n')
    sys.__stdout__.write("x" * 200_000 + "\\n")
    subprocess.run(["echo", "noise"])
    subprocess.run(["cat"])
    return {"summary": f"read {sys.stdin.read()!r}"}
`);
  expect(await detailOf(oracle)).toBe("answered: read ''");
  expect(await detailOf(oracle)).toBe("answered: read ''");
});

test('code that finds the protocol’s descriptor breaks its own call and no other', async () => {
  const oracle = oracleOf(`
import os
def verify(change):
    if change["id"] == "1":
        for fd in range(3, 20):
            try: os.write(fd, b"garbage\\n")
            except OSError: pass
    return "fine"
`);
  expect(await oracle.ask(asked('1'))).toMatchObject({ reason: 'malformed', httpAnswered: true });
  expect(await detailOf(oracle, asked('2'))).toBe('answered: fine');
});

test('a fork that runs on does not answer in its parent’s place', async () => {
  const oracle = oracleOf('import os\ndef verify(change): return "child" if os.fork() == 0 else "parent"');
  for (let call = 0; call < 3; call++) expect(await detailOf(oracle)).toBe('answered: parent');
});

test('an exception is the oracle’s failure with its traceback, and the next call works in the same process', async () => {
  const oracle = oracleOf(`
import os
def inner(change):
    raise ValueError("no " + change["id"])
def verify(change):
    return inner(change) if change["id"] == "bad" else str(os.getpid())
`);
  const pid = await detailOf(oracle);
  const outcome = await oracle.ask(asked('bad'));
  expect(outcome).toMatchObject({
    kind: 'failure',
    reason: 'exception',
    httpAnswered: true,
    retries: 0,
  });
  expect(await detailOf(oracle, asked('bad'))).toBe(
    [
      'The oracle raised an exception:',
      'Traceback (most recent call last):',
      '  File "mine.py", line 6, in verify',
      '    return inner(change) if change["id"] == "bad" else str(os.getpid())',
      ...(outcome.kind === 'failure' && outcome.detail.includes('^')
        ? [outcome.detail.split('\n').find((line) => line.includes('^'))]
        : []),
      '  File "mine.py", line 4, in inner',
      '    raise ValueError("no " + change["id"])',
      'ValueError: no bad',
    ].join('\n'),
  );
  expect(await detailOf(oracle)).toBe(pid);
});

test('an exception in an async callable has the same traceback', async () => {
  const detail = await detailOf(oracleOf('async def verify(change):\n    raise KeyError("gone")'));
  expect(detail).toBe(
    'The oracle raised an exception:\nTraceback (most recent call last):\n  File "mine.py", line 2, in verify\n    raise KeyError("gone")\nKeyError: \'gone\'',
  );
});

test.each(['sys.exit(2)', 'raise KeyboardInterrupt', 'raise GeneratorExit'])(
  '%s in a call fails that call only',
  async (statement) => {
    const oracle = oracleOf(
      `import sys\ndef verify(change):\n    if change["id"] == "bad": ${statement}\n    return "fine"`,
    );
    expect(await oracle.ask(asked('bad'))).toMatchObject({ reason: 'exception' });
    expect(await detailOf(oracle)).toBe('answered: fine');
  },
);

test('a traceback is cut to its last lines and in their length, its exception stays', async () => {
  const oracle = oracleOf(`
def verify(change):
    if change["id"] == "deep": return verify(change)
    raise ValueError("\\0\\ud800" + "y" * 100_000)
`);
  for (const id of ['deep', 'long']) {
    const detail = await detailOf(oracle, asked(id));
    expect(detail.split('\n').length).toBeLessThanOrEqual(11);
    expect(detail.length).toBeLessThan(2000);
    expect(detail.split('\n').at(-1)).toMatch(/^(?:RecursionError|ValueError): /);
    expect(detail.includes('\0') || !detail.isWellFormed()).toBe(false);
  }
});

test.each([
  ['os._exit(7)', 'exit code 7'],
  ['os.kill(os.getpid(), signal.SIGKILL)', 'killed with SIGKILL'],
  ['ctypes.string_at(0)', 'killed by SIGSEGV'],
])('a process that dies of %s fails that call and the next starts a new one', async (statement, words) => {
  const oracle = oracleOf(`
import ctypes, os, signal
def verify(change):
    print("last words")
    if change["id"] == "bad": ${statement}
    return str(os.getpid())
`);
  const before = await detailOf(oracle);
  const outcome = await oracle.ask(asked('bad'));
  expect(outcome).toMatchObject({ reason: 'crashed', httpAnswered: true });
  const detail = outcome.kind === 'failure' ? outcome.detail : '';
  expect(detail).toContain(`The oracle's process ended in the call (${words}`);
  expect(detail).toContain(words.includes('SEGV') ? 'mine.py' : 'last words');
  const after = await detailOf(oracle);
  expect(after).toMatch(/^answered: \d+$/);
  expect(after).not.toBe(before);
});

test.skipIf(process.platform !== 'linux')(
  'a call beyond the memory limit fails and the next call has a new process',
  async () => {
    const oracle = oracleOf(
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
    const outcome = await oracle.ask(asked('bad'));
    expect(outcome).toMatchObject({ reason: 'exception', httpAnswered: true });
    expect(outcome.kind === 'failure' && outcome.detail).toMatch(
      /^The oracle ran out of memory \(its limit is 512 MiB\):\n[\s\S]*MemoryError$/,
    );
    const after = await detailOf(oracle);
    expect(after).toMatch(/^answered: 0 \d+$/);
    expect(after).not.toBe(before);
  },
);

test('a call beyond the time limit fails and the next call works', async () => {
  const oracle = oracleOf(
    'import time\ndef verify(change):\n    if change["id"] == "bad": time.sleep(60)\n    return "fine"',
    { timeoutMs: 700 },
  );
  const startedAt = Date.now();
  expect(await oracle.ask(asked('bad'))).toMatchObject({
    reason: 'timeout',
    detail: 'No answer came within 0.7 seconds.',
    httpAnswered: true,
  });
  expect(Date.now() - startedAt).toBeLessThan(10_000);
  expect(await detailOf(oracle)).toBe('answered: fine');
});

test('the module is loaded once for all calls, and its loading counts to no call’s limit', async () => {
  const oracle = oracleOf(
    'import time\ntime.sleep(1)\nloads = []\ndef verify(change):\n    loads.append(1)\n    return str(len(loads))',
    { timeoutMs: 900 },
  );
  expect(await oracle.load()).toBe(null);
  for (const count of ['1', '2', '3']) expect(await detailOf(oracle)).toBe(`answered: ${count}`);
});

test('calls at once are each answered with their own, one after another in one process', async () => {
  const oracle = oracleOf(`
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
  const answers = await Promise.all(ids.map((id) => detailOf(oracle, asked(id))));
  expect(answers.map((answer) => answer.split(' ')[1])).toEqual(ids);
  expect(new Set(answers.map((answer) => answer.split(' ')[2])).size).toBe(1);
});

test('where more processes are asked for, calls run side by side, one to a process', async () => {
  const oracle = oracleOf(
    'import os, time\ndef verify(change):\n    time.sleep(0.3)\n    return str(os.getpid())',
    {
      processes: 2,
    },
  );
  const answers = await Promise.all(['1', '2', '3', '4'].map((id) => detailOf(oracle, asked(id))));
  expect(new Set(answers).size).toBe(2);
});

test('a cancelled call rejects with the reason, and those that wait behind it are answered', async () => {
  const oracle = oracleOf(
    'import time\ndef verify(change):\n    if change["id"] == "slow": time.sleep(60)\n    return change["id"]',
  );
  await oracle.load();
  const controller = new AbortController();
  const reason = new Error('enough');
  const slow = oracle.ask(asked('slow'), controller.signal);
  const queued = oracle.ask(asked('queued'), controller.signal);
  const other = detailOf(oracle, asked('other'));
  setTimeout(() => controller.abort(reason), 50);
  await expect(slow).rejects.toBe(reason);
  await expect(queued).rejects.toBe(reason);
  expect(await other).toBe('answered: other');
  await expect(oracle.ask(request, controller.signal)).rejects.toBe(reason);
});

test('closing is no verdict on the oracle: calls under way and later ones reject', async () => {
  const oracle = oracleOf('import time\ndef verify(change): time.sleep(60)');
  await oracle.load();
  const calls = [oracle.ask(request), oracle.ask(request)].map((call) =>
    expect(call).rejects.toThrow('The Python oracle was closed.'),
  );
  await oracle.close();
  await Promise.all(calls);
  await expect(oracle.ask(request)).rejects.toThrow('The Python oracle was closed.');
});

test('an interpreter that nobody asks is ended, and one is started for the next call', async () => {
  const oracle = oracleOf('import os\ndef verify(change): return str(os.getpid())', { idleMs: 100 });
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

test.each<[string, string, Partial<PythonOracleOptions>, RegExp]>([
  [
    'does not exist',
    '',
    { module: 'absent' },
    /^There is no module "absent" in the folder of Python oracles\. Put absent\.py there/,
  ],
  ['stands in what is no package', '', { module: 'mine.inner' }, /is not a package\.$/],
  [
    'imports what is missing',
    'import numpyy',
    {},
    /^The module "mine" cannot be imported\. Make this work.*\n[\s\S]*No module named 'numpyy'$/,
  ],
  ['has a syntax error', 'def verify(:', {}, /cannot be imported[\s\S]*mine\.py[\s\S]*SyntaxError/],
  ['exits while it is imported', 'raise SystemExit(1)', {}, /cannot be imported[\s\S]*SystemExit: 1$/],
  [
    'ends its process while it is imported',
    'import os\nprint("bye")\nos._exit(4)',
    {},
    /^The module "mine" ended its interpreter .*exit code 4.*\nbye$/,
  ],
  [
    'has no such callable',
    'other = 1',
    {},
    /^The module "mine" has no "verify"\. Name one of its functions\.$/,
  ],
  [
    'has a constant of that name',
    'verify = 1',
    {},
    /has something that cannot be called under the name "verify"/,
  ],
  [
    'takes too long to import',
    'import time\ntime.sleep(60)',
    { loadTimeoutMs: 500 },
    /was not imported within 0\.5 seconds/,
  ],
  [
    'has a callable with a path in its name',
    '',
    { callable: 'os.system' },
    /^The callable must be the name of a function/,
  ],
])('a module that %s is a mistake and no verdict', async (_, text, options, detail) => {
  const oracle = oracleOf(text, options);
  expect(await oracle.ask(request)).toMatchObject({
    kind: 'failure',
    reason: 'not_loaded',
    detail: expect.stringMatching(detail),
    httpAnswered: false,
    retries: 0,
  });
  expect(await oracle.load()).toMatch(detail);
});

test('a message never holds the folder’s path', async () => {
  for (const text of ['import numpyy', 'def verify(change): raise ValueError', 'def verify(:'])
    expect(await detailOf(oracleOf(text))).not.toContain(folder);
});

test('nothing in the interpreter tells the oracle why it is asked', async () => {
  const oracle = oracleOf(`
import sys
def verify(change):
    words = open("/proc/self/cmdline").read() if sys.platform == "linux" else ""
    return words + repr(sys.argv) + repr(sorted(vars(sys.modules["__main__"])))
`);
  expect(await detailOf(oracle)).not.toMatch(/echelon|verif(?!y)|certif|replay|judge/i);
});

test.each([
  ['a', 'verify', null],
  ['a.b_1.größe', '_x', null],
  ['a-b', 'verify', /^The module must/],
  ['a', 'x.y', /^The callable must/],
  ['a', '', /^The callable must/],
])('module %j with callable %j is judged by its names', (module, callable, fault) => {
  const found = pythonNameFault(module, callable);
  if (fault === null) expect(found).toBe(null);
  else expect(found).toMatch(fault);
});
