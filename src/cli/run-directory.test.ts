import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { describeChange, type OracleFake } from '#testing/fakes/oracles/http-fake.ts';
import { runCommand } from '#testing/rigs/command-line.ts';
import { certificateOf, changes, openVerifyRig, verify, verifyInChild } from '#testing/rigs/verify-rig.ts';

const { folder, startOracle, closeServers, remove } = openVerifyRig();
afterEach(closeServers);
afterAll(remove);

/** How often the oracle was asked about each change. */
const timesAsked = ({ requests }: OracleFake) => {
  const times = new Map<string, number>();
  for (const { body } of requests) times.set(body.pr.id, (times.get(body.pr.id) ?? 0) + 1);
  return times;
};

const storedIds = (out: string): string[] =>
  readdirSync(join(out, 'replays'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(out, 'replays', name), 'utf8')))
    .filter(({ checkpoint }) => checkpoint.oracle !== undefined)
    .map(({ groundTruthId }) => groundTruthId);

test.each(['SIGINT', 'SIGKILL'] as const)(
  'a run that %s stopped is resumed without repeating a stored call, and its certificate is issued once',
  async (signal) => {
    const out = join(folder, `resumed-${signal}`);
    let stop = () => {};
    // The first four are answered; the next two hang until the command is stopped. Only two replays run at once, so the
    // four are stored when the sixth question comes.
    const oracle = await startOracle(async (request, count) => {
      if (count === 5) stop();
      return {
        kind: 'answer',
        answer: describeChange(request),
        ...(count >= 4 && count < 6 && { afterMs: 600_000 }),
      };
    });
    const args = ['verify', changes, '--oracle-url', oracle.url, '--judge', 'offline'];
    args.push('--limit', '8', '--concurrency', '2', '--out', out, '--json');
    const stopped = await runCommand(args, {
      onStart: (child) => {
        stop = () => void child.kill(signal);
      },
    });
    expect(stopped).toMatchObject({ code: signal === 'SIGINT' ? 1 : null, stdout: '' });
    if (signal === 'SIGINT')
      expect(stopped.stderr).toMatch(/Stopped\. \d of 8 replays.*Run the same command again/);
    const kept = storedIds(out);
    expect(kept.length).toBeGreaterThanOrEqual(4);

    const resumed = await runCommand(args);
    expect(resumed).toMatchObject({ code: 0 });
    expect(certificateOf(resumed.stdout).replayCount).toBe(8);
    const times = timesAsked(oracle);
    for (const id of kept) expect([id, times.get(id)]).toEqual([id, 1]);
    expect(times.size).toBe(8);

    const asked = oracle.requests.length;
    const again = await runCommand(args);
    expect(again).toMatchObject({ code: 0, stdout: resumed.stdout });
    expect(oracle.requests).toHaveLength(asked);
    const { id, brier } = certificateOf(resumed.stdout);
    expect(JSON.parse(readFileSync(join(out, 'certificate.json'), 'utf8'))).toMatchObject({
      id,
      results: { brier },
    });
    const evidence = readFileSync(join(out, 'evidence.jsonl'), 'utf8').trim().split('\n');
    expect(evidence.map((line) => JSON.parse(line).ground_truth.id)).toHaveLength(8);
  },
);

test('a directory with other options is refused, and the message says what differs', async () => {
  const oracle = await startOracle();
  const out = join(folder, 'other');
  expect(await verify(changes, oracle, '--limit', '2', '--out', out)).toMatchObject({ code: 0 });
  const before = oracle.requests.length;
  const refused = await verify(changes, oracle, '--limit', '3', '--out', out);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('--limit: 2 there, 3 here');
  expect(oracle.requests).toHaveLength(before);
});

test('a directory that holds something else is left alone', async () => {
  const oracle = await startOracle();
  const out = mkdtempSync(join(folder, 'full-'));
  writeFileSync(join(out, 'notes.txt'), 'mine');
  expect(await verify(changes, oracle, '--limit', '2', '--out', out)).toMatchObject({ code: 2 });
  expect(readdirSync(out)).toEqual(['notes.txt']);
});

test('two processes cannot work in one directory', async () => {
  const out = join(folder, 'shared');
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const oracle = await startOracle(async (request) => {
    asked();
    await released;
    return { kind: 'answer', answer: describeChange(request) };
  });
  const args = ['--limit', '2', '--out', out, '--json'] as const;
  const first = verifyInChild(changes, oracle, ...args);
  await isAsked;
  const second = await verifyInChild(changes, oracle, ...args);
  release();
  expect(second).toMatchObject({ code: 2, stdout: '' });
  expect(second.stderr).toContain('Another process is working in');
  expect(await first).toMatchObject({ code: 0 });
});

test('secrets of the oracle’s address and headers reach neither output nor directory, though the oracle repeats them', async () => {
  const oracle = await startOracle((request) => ({
    kind: 'answer',
    answer: {
      ...describeChange(request),
      summary: 'My key is planted-header-secret, my query planted-query-secret.',
    },
  }));
  const out = join(folder, 'secrets');
  const outcome = await runCommand([
    ...['verify', changes, '--judge', 'offline', '--limit', '2', '--out', out],
    ...['--oracle-url', `${oracle.url}?key=planted-query-secret`],
    ...['--oracle-header', 'Authorization: Bearer planted-header-secret'],
  ]);
  expect(outcome.code).toBe(0);
  expect(oracle.requests[0]?.headers.authorization).toBe('Bearer planted-header-secret');
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(4);
  const everything = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  for (const text of [outcome.stdout, outcome.stderr, ...everything]) expect(text).not.toContain('planted-');
});
