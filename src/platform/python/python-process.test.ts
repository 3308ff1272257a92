import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { isAlive } from '#testing/rigs/process-life.ts';
import type { LocalOracle } from '#verification/oracles/oracle.ts';
import { pythonOracle } from '#verification/oracles/python.ts';
import { PythonUnusable } from '#verification/oracles/python-session.ts';
import { noBoundary } from './python-boundary.ts';
import { type PythonProcessOptions, pythonStarter } from './python-process.ts';

const searchPath = process.env.PATH ?? '';
const boundary = async () => noBoundary();
const request: OracleRequest = {
  pr: { id: '1', title: 'T', description: 'D', diff_content: '+x', files_changed: ['a.ts'] },
  follow_up_question: 'Why?',
};

let root: string;
let folder: string;
let oracles: LocalOracle[] = [];

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
  root = realpathSync(mkdtempSync(join(tmpdir(), 'python-process-')));
  folder = join(root, 'oracles');
  mkdirSync(folder);
});
afterEach(async () => {
  await Promise.all(oracles.map((oracle) => oracle.close()));
  oracles = [];
  rmSync(root, { recursive: true, force: true });
});

const put = (path: string, text: string) => {
  const whole = join(root, path);
  mkdirSync(join(whole, '..'), { recursive: true });
  writeFileSync(whole, text);
};
const oracleOf = (module: string, options: Partial<PythonProcessOptions> = {}, callable = 'verify') => {
  const oracle = pythonOracle(
    {
      start: pythonStarter({ searchPath, directory: folder, confined: true, boundary, ...options }),
      sleep: (ms, signal) => delay(ms, undefined, { signal }),
      now: Date.now,
    },
    { module, callable },
  );
  oracles.push(oracle);
  return oracle;
};
const summaryOf = async (oracle: LocalOracle) => {
  const outcome = await oracle.ask(request);
  return outcome.kind === 'answer' ? outcome.answer.summary : `${outcome.reason}: ${outcome.detail}`;
};
/** A callable with a waiting child. Its answer is the child's process id. */
const withChild = (then: string) => `
import os, subprocess, time
def verify(change):
    child = subprocess.Popen(["sleep", "600"])
    with open("child", "w") as note: note.write(str(child.pid))
    ${then}
`;
const childOf = async () => {
  const read = () =>
    Number(execFileSync('cat', [join(folder, 'child')], { stdio: ['ignore', 'pipe', 'ignore'] }));
  await expect
    .poll(() => {
      try {
        return read() > 1;
      } catch {
        return false;
      }
    })
    .toBe(true);
  return read();
};

test('the oracle’s environment contains PATH, a language and the given variables, and no secret of this process', async () => {
  process.env.PLANTED_SECRET = 'planted';
  try {
    put('oracles/env.py', 'import os, json\ndef verify(c): return json.dumps(sorted(os.environ.items()))');
    // If python3 is a version manager's script, its shell adds some variables of its own.
    const seen: [string, string][] = JSON.parse(await summaryOf(oracleOf('env', { env: { GIVEN: 'yes' } })));
    expect(
      seen
        .map(([name]) => name)
        .filter((name) => !/^(?:_?PYENV_|LC_CTYPE$|PWD$|OLDPWD$|SHLVL$|_$)/.test(name)),
    ).toEqual(['GIVEN', 'LANG', 'PATH']);
    expect(JSON.stringify(seen)).not.toContain('planted');
  } finally {
    delete process.env.PLANTED_SECRET;
  }
});

test('environment variables, user packages and the server’s folder do not change what is loaded', async () => {
  put('elsewhere/other.py', 'def verify(c): return "elsewhere"');
  put(
    'oracles/flags.py',
    'import sys\ndef verify(c): return f"{sys.flags.isolated} {sys.path[0]} {\'\' in sys.path}"',
  );
  const env = { PYTHONPATH: join(root, 'elsewhere') };
  expect(await summaryOf(oracleOf('flags', { env }))).toBe(`1 ${folder} False`);
  expect(await summaryOf(oracleOf('other', { env }))).toContain('There is no module "other"');
});

test('modules of packages in the folder are loaded, including namespace packages', async () => {
  put('oracles/pack/__init__.py', 'word = "packed"');
  put('oracles/pack/inner.py', 'from . import word\ndef verify(c): return word');
  put('oracles/space/deep/leaf.py', 'def verify(c): return "leaf"');
  expect(await summaryOf(oracleOf('pack.inner'))).toBe('packed');
  expect(await summaryOf(oracleOf('space.deep.leaf'))).toBe('leaf');
});

test.each([
  '../outside',
  '/etc/outside',
  '..outside',
  'a..b',
  'a/b',
  'outside.py\n',
  '-c',
  'a b',
  '',
  '.a',
  '1a',
])('a module named %j is refused before any process starts', async (module) => {
  put('outside.py', 'def verify(c): return "outside"');
  const start = () => Promise.reject(new Error('A process was started.'));
  const oracle = pythonOracle(
    { start, sleep: () => delay(60_000), now: Date.now },
    { module, callable: 'verify' },
  );
  expect(await oracle.load()).toContain('The module must be named as in an import');
});

test('file and package links that leave the folder are refused, and their code does not run', async () => {
  put('outside.py', 'open("ran", "w").close()\ndef verify(c): return "outside"');
  put('pack/__init__.py', 'open("ran", "w").close()');
  put('pack/inner.py', 'def verify(c): return "outside"');
  symlinkSync(join(root, 'outside.py'), join(folder, 'linked.py'));
  symlinkSync(join(root, 'pack'), join(folder, 'pack'));
  mkdirSync(join(root, 'space'));
  writeFileSync(join(root, 'space', 'leaf.py'), 'def verify(c): return "outside"');
  symlinkSync(join(root, 'space'), join(folder, 'space'));
  for (const module of ['linked', 'pack', 'pack.inner', 'space.leaf'])
    expect(await oracleOf(module).load()).toContain('is outside the folder of Python oracles');
  expect(() => realpathSync(join(folder, 'ran'))).toThrow(/ENOENT/);
});

test('links within the folder and a folder that is itself a link are followed', async () => {
  put('oracles/real.py', 'def verify(c): return "real"');
  symlinkSync('real.py', join(folder, 'alias.py'));
  symlinkSync(folder, join(root, 'link'));
  expect(await summaryOf(oracleOf('alias', { directory: join(root, 'link') }))).toBe('real');
});

test('modules of Python itself and installed packages are not oracles when only the folder may be loaded', async () => {
  expect(await oracleOf('os', {}, 'system').load()).toContain('There is no module "os"');
  expect(await oracleOf('sys', {}, 'exit').load()).toContain('There is no module "sys"');
  put('oracles/json.py', 'def loads(c): return "mine"');
  expect(await oracleOf('json', {}, 'loads').load()).toContain('belongs to a module of Python itself');
});

test('on the user’s own machine any importable module may be loaded', async () => {
  expect(await summaryOf(oracleOf('json', { confined: false }, 'dumps'))).toContain('"follow_up_question"');
  put('oracles/mine.py', 'def verify(c): return "mine"');
  expect(await summaryOf(oracleOf('mine', { confined: false }))).toBe('mine');
  expect(await oracleOf('missing_one', { confined: false }).load()).toContain(
    'python3 finds no module "missing_one"',
  );
});

test('without a folder nothing starts, and the message names the variable', async () => {
  const start = pythonStarter({ searchPath, directory: null, confined: true, boundary });
  const refused = await start({ output: () => undefined, noise: () => undefined }).catch((error) => error);
  expect(refused).toBeInstanceOf(PythonUnusable);
  expect(refused.message).toContain('PYTHON_ORACLE_DIR is not set');
});

test('a missing folder and a missing python3 give different errors', async () => {
  expect(await oracleOf('a', { directory: join(root, 'none') }).load()).toContain(
    'does not exist or cannot be read',
  );
  expect(await oracleOf('a', { searchPath: '/nonexistent' }).load()).toContain('python3 is not installed');
});

test('nothing is written into the oracle’s folder', async () => {
  put('oracles/pack/__init__.py', '');
  put('oracles/pack/inner.py', 'import os\ndef verify(c): return sorted(os.listdir("pack"))');
  expect(await summaryOf(oracleOf('pack.inner'))).toBe("['__init__.py', 'inner.py']");
});

test('a cancelled call is killed with its children', async () => {
  put('oracles/slow.py', withChild('time.sleep(60)'));
  const controller = new AbortController();
  const reason = new Error('enough');
  const asked = expect(oracleOf('slow').ask(request, controller.signal)).rejects.toBe(reason);
  const child = await childOf();
  expect(isAlive(child)).toBe(true);
  controller.abort(reason);
  await asked;
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('closing kills the interpreter with its children', async () => {
  put('oracles/quick.py', withChild('return str(os.getpid())'));
  const oracle = oracleOf('quick');
  const pid = Number(await summaryOf(oracle));
  const child = await childOf();
  expect([isAlive(pid), isAlive(child)]).toEqual([true, true]);
  await oracle.close();
  expect(isAlive(pid)).toBe(false);
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('an interpreter that ends on its own leaves no children behind', async () => {
  put('oracles/dying.py', withChild('os._exit(3)'));
  expect(await summaryOf(oracleOf('dying'))).toContain('exit code 3');
  const child = await childOf();
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('an interpreter and its children end when the asking process is gone, even during a call', async () => {
  put('oracles/slow.py', withChild('time.sleep(60)'));
  const [here, oracle, edge] = [
    './python-process.ts',
    '../../verification/oracles/python.ts',
    './python-boundary.ts',
  ].map((path) => JSON.stringify(new URL(path, import.meta.url).href));
  const script = `
    const { pythonStarter } = await import(${here});
    const { pythonOracle } = await import(${oracle});
    const { noBoundary } = await import(${edge});
    const start = pythonStarter({ searchPath: ${JSON.stringify(searchPath)}, directory: ${JSON.stringify(folder)}, confined: true, boundary: async () => noBoundary() });
    const never = () => new Promise(() => setTimeout(() => undefined, 60_000));
    const asked = pythonOracle({ start, sleep: never, now: Date.now }, { module: 'slow', callable: 'verify' });
    setInterval(() => process.getBuiltinModule('fs').existsSync(${JSON.stringify(join(folder, 'child'))}) && process.kill(process.pid, 'SIGKILL'), 20);
    await asked.ask(${JSON.stringify(request)});
  `;
  expect(() =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      stdio: 'pipe',
      timeout: 120_000,
    }),
  ).toThrow(expect.objectContaining({ signal: 'SIGKILL' }));
  const child = await childOf();
  await expect.poll(() => isAlive(child)).toBe(false);
});
