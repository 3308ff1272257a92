import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { requirePython, sampleRequest } from '#testing/rigs/python-rig.ts';
import { pythonOracle } from '#verification/oracles/python.ts';
import { findBoundary, noBoundary, type PythonBoundary } from './python-boundary.ts';
import { pythonStarter } from './python-process.ts';

/** The system's Python first: one in a home folder cannot be run by another account. */
const searchPath = `/usr/bin:/bin:${process.env.PATH ?? ''}`;

beforeAll(requirePython);

/** A folder that every account may read, with one module. */
const folderWith = (text: string) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'python-boundary-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'deeper', 'oracles');
  mkdirSync(folder, { recursive: true });
  chmodSync(root, 0o755);
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'mine.py'), text);
  return folder;
};

/** What the function `verify` of this module answers inside the boundary, or why it does not. */
const answerOf = async (
  boundary: PythonBoundary,
  text: string,
  { folder = folderWith(text), memoryBytes }: { folder?: string; memoryBytes?: number } = {},
): Promise<string> => {
  const oracle = pythonOracle(
    {
      start: pythonStarter({ searchPath, directory: folder, confined: true, boundary: async () => boundary }),
      sleep: (ms, signal) => delay(ms, undefined, { signal }),
      now: Date.now,
    },
    { module: 'mine', callable: 'verify', ...(memoryBytes !== undefined && { memoryBytes }) },
  );
  onTestFinished(() => oracle.close());
  const outcome = await oracle.ask(sampleRequest);
  await oracle.close();
  return outcome.kind === 'answer' ? outcome.answer.summary : `${outcome.reason}: ${outcome.detail}`;
};

/** A module that tries this expression and answers with its value or with the name of the exception. */
const trying = (expression: string) => `
import os, resource, signal, socket
def verify(change):
    try:
        return "did " + str(${expression})
    except Exception as error:
        return type(error).__name__
`;

/** The boundaries that this machine can make. One that it cannot make is answered with none, and says so. */
const kinds = ['sandbox', 'account'] as const;
describe.each(kinds)('inside the boundary "%s"', (kind) => {
  let boundary: PythonBoundary;
  beforeAll(async () => {
    boundary = await findBoundary({ searchPath, network: false, hidden: [] }, [kind]);
  });
  /** Where there is no boundary, the statement must say so, and there is nothing to look at from inside. */
  const inside = (name: string, look: () => Promise<void>) =>
    test(name, async () => {
      if (boundary.kind === kind) await look();
      else expect(boundary.statement).toContain('no boundary');
    });

  inside('an oracle is asked and answers', async () => {
    expect(await answerOf(boundary, 'def verify(change): return change["title"]')).toBe('T');
  });

  inside('the environment of the asking process cannot be read, nor that of any other', async () => {
    expect(await answerOf(boundary, trying(`open("/proc/${process.pid}/environ").read()`))).toMatch(
      /^(?:FileNotFoundError|PermissionError)$/,
    );
    const parent = 'open("/proc/%d/environ" % os.getppid(), "rb").read().count(b"VITEST")';
    expect(await answerOf(boundary, trying(parent))).toMatch(/^(?:did 0|PermissionError)$/);
    const everyone =
      '[p for p in os.listdir("/proc") if p.isdigit() and os.access("/proc/%s/environ" % p, os.R_OK) and b"VITEST" in open("/proc/%s/environ" % p, "rb").read()]';
    expect(await answerOf(boundary, trying(everyone))).toBe('did []');
  });

  inside('a folder that only the asking process may read stays closed', async () => {
    const data = mkdtempSync(join(tmpdir(), 'python-boundary-data-'));
    onTestFinished(() => rmSync(data, { recursive: true }));
    writeFileSync(join(data, 'secrets.json'), 'planted');
    const read = trying(`open(${JSON.stringify(join(data, 'secrets.json'))}).read()`);
    expect(await answerOf(boundary, read)).toMatch(/^(?:FileNotFoundError|PermissionError)$/);
  });

  inside('the asking process cannot be signalled', async () => {
    expect(await answerOf(boundary, trying(`os.kill(${process.pid}, 0)`))).toMatch(
      /^(?:ProcessLookupError|PermissionError)$/,
    );
  });

  inside('nothing can be written outside the scratch folder, which is removed afterwards', async () => {
    const text = `
import os
def verify(change):
    written = []
    for folder in ["/", "/etc", "/usr", "/usr/local", "/dev", "/proc", "/sys", "/root", "/var/tmp/..", os.getcwd()]:
        try:
            open(os.path.join(folder, "planted"), "w").close()
            written.append(folder)
        except OSError:
            pass
    own = os.path.join(os.environ["TMPDIR"], "own")
    open(own, "w").write("x")
    return " ".join([own] + written)
`;
    const own = await answerOf(boundary, text);
    expect(own.split(' ')).toHaveLength(1);
    expect(() => readFileSync(own)).toThrow(/ENOENT/);
  });

  inside('rights and limits cannot be taken back', async () => {
    expect(await answerOf(boundary, trying('os.setuid(os.getuid() + 1)'))).toBe('PermissionError');
    expect(await answerOf(boundary, trying('os.getuid()'))).not.toBe('did 0');
    expect(
      await answerOf(boundary, trying('resource.setrlimit(resource.RLIMIT_NPROC, (9999, 9999))')),
    ).toMatch(/^(?:ValueError|PermissionError)$/);
    expect(await answerOf(boundary, trying('resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))'))).toMatch(
      /^(?:ValueError|PermissionError)$/,
    );
    expect(
      await answerOf(boundary, trying('open("/proc/self/status").read().split("NoNewPrivs:")[1].split()[0]')),
    ).toBe('did 1');
  });

  inside('forking without end reaches a limit', async () => {
    const text = `
import os, time
def verify(change):
    # A test that fails must harm nothing either.
    for made in range(700):
        try:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
        except OSError as error:
            return "%s after %s" % (type(error).__name__, "many" if made > 100 else "few")
    return "no limit"
`;
    expect(await answerOf(boundary, text)).toBe('BlockingIOError after many');
  });

  inside('memory is limited', async () => {
    const said = await answerOf(boundary, 'def verify(change): return len(bytearray(1 << 30))', {
      memoryBytes: 512 * 1024 ** 2,
    });
    expect(said).toContain('ran out of memory (its limit is 512 MiB)');
  });

  inside('a folder that the oracle’s account may not read is reported', async () => {
    if (!boundary.changesAccount) return;
    const folder = folderWith('');
    chmodSync(folder, 0o700);
    expect(await answerOf(boundary, '', { folder })).toContain('cannot read their folder');
  });
});

describe('inside a sandbox', () => {
  const sandbox = (options: { network?: boolean; hidden?: string[] } = {}) =>
    findBoundary({ searchPath, network: false, hidden: [], ...options }, ['sandbox']);
  const serve = async () => {
    const server = createServer((socket) => socket.end('reached'));
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return trying(`socket.create_connection(("127.0.0.1", ${port}), 10).recv(10)`);
  };

  test('no port of this machine is reached unless the operator gives oracles its network', async () => {
    const connect = await serve();
    const closed = await sandbox();
    if (closed.kind !== 'sandbox') return expect(closed.statement).toContain('no boundary');
    expect(closed.statement).toContain('without a network');
    expect(await answerOf(closed, connect)).toMatch(/^(?:ConnectionRefusedError|OSError)$/);
    const open = await sandbox({ network: true });
    expect(open.statement).toContain('with the network of this process');
    expect(await answerOf(open, connect)).toBe("did b'reached'");
  });

  test('a hidden folder stays hidden within a shown one', async () => {
    const text = trying('os.listdir("data")');
    const folder = folderWith(text);
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'secrets.json'), 'planted');
    const boundary = await sandbox({ hidden: [join(folder, 'data')] });
    if (boundary.kind !== 'sandbox') return expect(boundary.statement).toContain('no boundary');
    expect(await answerOf(boundary, text, { folder })).toBe('did []');
  });

  test('other processes are not seen, and a process that left the group ends with the oracle', async () => {
    const boundary = await sandbox();
    if (boundary.kind !== 'sandbox') return expect(boundary.statement).toContain('no boundary');
    const marker = `${600_000 + (process.pid % 1000)}`;
    const text = `
import os, subprocess
def verify(change):
    subprocess.Popen(["sleep", "${marker}"], start_new_session=True)
    return str(len([p for p in os.listdir("/proc") if p.isdigit()]))
`;
    expect(Number(await answerOf(boundary, text))).toBeLessThan(6);
    const running = () =>
      readdirSync('/proc').filter((pid) => {
        try {
          return (
            /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`sleep\0${marker}`)
          );
        } catch {
          return false;
        }
      });
    await expect.poll(running, { timeout: 30_000 }).toEqual([]);
  });
});

test('without a boundary the statement says so, and the strongest is preferred', async () => {
  expect(noBoundary().statement).toContain('no boundary');
  const options = { searchPath, network: false, hidden: [] };
  const alone = await findBoundary(options, ['sandbox']);
  if (alone.kind === 'sandbox') expect((await findBoundary(options)).kind).toBe('sandbox');
  await expect(findBoundary({ searchPath: '/nonexistent', network: false, hidden: [] })).rejects.toThrow(
    'python3 is not installed',
  );
});
