import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import {
  askedAbout,
  detailOf,
  pythonOracleOf,
  requirePython,
  sampleRequest,
} from '#testing/rigs/python-rig.ts';
import { type PythonOracleOptions, pythonOracle } from './python.ts';

beforeAll(requirePython);

test('a callable gets one flat dict, and its dict is read as an answer', async () => {
  const oracle = pythonOracleOf(`
def verify(change):
    assert change == {"id": "142", "title": "T", "description": "D", "diff_content": "+ü\\u2028\\ud800",
                      "files_changed": ["a.ts"], "follow_up_question": "Why?"}, ascii(change)
    return {"summary": "fine ü", "key_claims": ["a", {"claim": "b", "confidence": 0.5}],
            "follow_up_response": "so", "metadata": {"x": 1}}
`);
  expect(await oracle.ask(sampleRequest)).toEqual({
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

test('an async callable is awaited, and its clients survive from call to call', async () => {
  const oracle = pythonOracleOf(`
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

test('a plain callable may run its own event loop', async () => {
  const oracle = pythonOracleOf(
    'import asyncio\nasync def inner(): return "inner"\ndef verify(change): return asyncio.run(inner())',
  );
  expect(await detailOf(oracle)).toBe('answered: inner');
});

test.each([
  ['"words"', 'words'],
  ['None', 'None'],
  ['["a", 1]', "['a', 1]"],
  ['12.5', '12.5'],
])('a value that is not a dict, such as %s, becomes the summary in its text form', async (value, summary) => {
  expect(await detailOf(pythonOracleOf(`def verify(change): return ${value}`))).toBe(`answered: ${summary}`);
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
])('a dict that is not an answer, such as %s, is malformed', async (value, detail) => {
  expect(await pythonOracleOf(`def verify(change): return ${value}`).ask(sampleRequest)).toMatchObject({
    kind: 'failure',
    reason: 'malformed',
    detail: typeof detail === 'string' ? detail : expect.stringMatching(detail),
    httpAnswered: true,
  });
});

test('a dict that contains itself is malformed', async () => {
  expect(
    await detailOf(pythonOracleOf('def verify(change):\n    change["self"] = change\n    return change')),
  ).toContain('cannot be written as JSON');
});

test('lone surrogates and NUL are replaced, as in an answer over HTTP', async () => {
  const oracle = pythonOracleOf('def verify(change): return {"summary": "a\\ud800b\\0c"}');
  expect(await detailOf(oracle)).toBe('answered: a\ufffdb\ufffdc');
});

test('an answer may be as large as the limit but no larger, and the next call works', async () => {
  const oracle = pythonOracleOf(
    `def verify(change): return {"summary": "ü" * int(change["id"])}`,
    // {"summary": ""} is 15 bytes, each ü two.
    { maxBytes: 2015 },
  );
  expect(await oracle.ask(askedAbout('1000'))).toMatchObject({ kind: 'answer' });
  expect(await oracle.ask(askedAbout('1001'))).toMatchObject({
    reason: 'too_large',
    detail: 'The answer is larger than 2015 bytes.',
    httpAnswered: true,
  });
  expect(await oracle.ask(askedAbout('1'))).toMatchObject({ kind: 'answer', answer: { summary: 'ü' } });
});

test('a large change and a large answer arrive complete', async () => {
  const oracle = pythonOracleOf('def verify(change): return change["diff_content"]');
  const diff = 'ö\n"\\'.repeat(100_000);
  const outcome = await oracle.ask({ ...sampleRequest, pr: { ...sampleRequest.pr, diff_content: diff } });
  expect(outcome.kind === 'answer' && outcome.answer.summary === diff).toBe(true);
});

test('prints, C-level writes, child processes and reads of standard input cannot break the protocol', async () => {
  const oracle = pythonOracleOf(`
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

test('code that finds the protocol’s descriptor breaks only its own call', async () => {
  const oracle = pythonOracleOf(`
import os
def verify(change):
    if change["id"] == "1":
        for fd in range(3, 20):
            try: os.write(fd, b"garbage\\n")
            except OSError: pass
    return "fine"
`);
  expect(await oracle.ask(askedAbout('1'))).toMatchObject({ reason: 'malformed', httpAnswered: true });
  expect(await detailOf(oracle, askedAbout('2'))).toBe('answered: fine');
});

test('a fork that keeps running does not answer for its parent', async () => {
  const oracle = pythonOracleOf(
    'import os\ndef verify(change): return "child" if os.fork() == 0 else "parent"',
  );
  for (let call = 0; call < 3; call++) expect(await detailOf(oracle)).toBe('answered: parent');
});

test('an exception is the oracle’s failure with its traceback, and the next call works in the same process', async () => {
  const oracle = pythonOracleOf(`
import os
def inner(change):
    raise ValueError("no " + change["id"])
def verify(change):
    return inner(change) if change["id"] == "bad" else str(os.getpid())
`);
  const pid = await detailOf(oracle);
  const outcome = await oracle.ask(askedAbout('bad'));
  expect(outcome).toMatchObject({
    kind: 'failure',
    reason: 'exception',
    httpAnswered: true,
    retries: 0,
  });
  expect(await detailOf(oracle, askedAbout('bad'))).toBe(
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
  const detail = await detailOf(pythonOracleOf('async def verify(change):\n    raise KeyError("gone")'));
  expect(detail).toBe(
    'The oracle raised an exception:\nTraceback (most recent call last):\n  File "mine.py", line 2, in verify\n    raise KeyError("gone")\nKeyError: \'gone\'',
  );
});

test.each(['sys.exit(2)', 'raise KeyboardInterrupt', 'raise GeneratorExit'])(
  '%s in a call fails that call only',
  async (statement) => {
    const oracle = pythonOracleOf(
      `import sys\ndef verify(change):\n    if change["id"] == "bad": ${statement}\n    return "fine"`,
    );
    expect(await oracle.ask(askedAbout('bad'))).toMatchObject({ reason: 'exception' });
    expect(await detailOf(oracle)).toBe('answered: fine');
  },
);

test('a traceback is cut to its last lines and long lines are shortened, but its exception stays', async () => {
  const oracle = pythonOracleOf(`
def verify(change):
    if change["id"] == "deep": return verify(change)
    raise ValueError("\\0\\ud800" + "y" * 100_000)
`);
  for (const id of ['deep', 'long']) {
    const detail = await detailOf(oracle, askedAbout(id));
    expect(detail.split('\n').length).toBeLessThanOrEqual(11);
    expect(detail.length).toBeLessThan(2000);
    expect(detail.split('\n').at(-1)).toMatch(/^(?:RecursionError|ValueError): /);
    expect(detail.includes('\0') || !detail.isWellFormed()).toBe(false);
  }
});

test.each<[string, string, Partial<PythonOracleOptions>, RegExp]>([
  [
    'does not exist',
    '',
    { module: 'absent' },
    /^There is no module "absent" in the folder of Python oracles\. Put absent\.py there/,
  ],
  ['is inside something that is not a package', '', { module: 'mine.inner' }, /is not a package\.$/],
  [
    'imports a missing module',
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
    /^The module "mine" has a "verify" that cannot be called\./,
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
])('a module that %s is a user error, not a verdict', async (_, text, options, detail) => {
  const oracle = pythonOracleOf(text, options);
  expect(await oracle.ask(sampleRequest)).toMatchObject({
    kind: 'failure',
    reason: 'not_loaded',
    detail: expect.stringMatching(detail),
    httpAnswered: false,
    retries: 0,
  });
  expect(await oracle.load()).toMatch(detail);
});

test('a message never contains the folder’s path', async () => {
  for (const text of ['import numpyy', 'def verify(change): raise ValueError', 'def verify(:']) {
    const oracle = pythonOracleOf(text);
    expect(await detailOf(oracle)).not.toContain(oracle.folder);
  }
});

test('nothing in the interpreter tells the oracle why it is asked', async () => {
  const oracle = pythonOracleOf(`
import sys
def verify(change):
    words = open("/proc/self/cmdline").read() if sys.platform == "linux" else ""
    return words + repr(sys.argv) + repr(sorted(vars(sys.modules["__main__"])))
`);
  expect(await detailOf(oracle)).not.toMatch(/echelon|verif(?!y)|certif|replay|judge/i);
});

test.each([
  ['a-b', 'verify', /^The module must/],
  [' a', 'verify', /^The module must/],
  ['a', 'x.y', /^The callable must/],
  ['a', 'x ', /^The callable must/],
  ['a', '', /^The callable must/],
])('module %j with callable %j starts no interpreter', async (module, callable, fault) => {
  const start = () => Promise.reject(new Error('A process was started.'));
  const oracle = pythonOracle({ start, sleep: () => delay(60_000), now: Date.now }, { module, callable });
  expect(await oracle.load()).toMatch(fault);
});
