import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import type { OracleRequest } from '#contracts/oracle.ts';
import { runCommand, runInProcess, withSettings } from '#testing/command-line.ts';
import { createGitRepository, type GitRepository } from '#testing/git-repository.ts';
import { describeChange, type OracleFake, startOracleFake } from '#testing/oracle-fake.ts';
import { recomputeCertificate } from '#verification/certificate/recompute.ts';
import { fromWire } from '#verification/certificate/wire.ts';

const fixtures = join(import.meta.dirname, '../testing/fixtures');
const changes = join(fixtures, 'changes.jsonl');
type HandWritten = { id: string; summary: string; key_claims: string[]; invented_claims: string[] };
const handWritten = new Map(
  readFileSync(join(fixtures, 'hand-written-answers.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line): HandWritten => JSON.parse(line))
    .map((answer) => [answer.id, answer]),
);

let folder: string;
let repository: GitRepository;
const oracles: OracleFake[] = [];
const startOracle = async (behave?: Parameters<typeof startOracleFake>[0]) => {
  const oracle = await startOracleFake(behave);
  oracles.push(oracle);
  return oracle;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'echelon-cli-'));
  repository = createGitRepository();
  repository.commit({ message: 'Begin', files: { 'README.md': 'Queues.\n' } });
  for (let number = 1; number <= 6; number += 1)
    repository.mergePullRequest({
      number,
      title: `Limit retries of queue ${number}`,
      body: `Queue ${number} retried for ever.`,
      files: {
        [`src/queue-${number}.ts`]: [
          `export const retryLimit${number} = ${number * 5};`,
          `export const backoffSeconds${number} = ${number * 30};`,
          `export function nextDelay${number}(attempt: number) {`,
          `  return Math.min(backoffSeconds${number} * attempt, ${number * 100});`,
          '}',
          '',
        ].join('\n'),
      },
    });
});
afterEach(async () => {
  await Promise.all(oracles.splice(0).map((oracle) => oracle.close()));
});
afterAll(() => {
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
});

const certificateOf = (stdout: string): Certificate => {
  // One document and nothing else: anything before or after it would not parse.
  const reading = fromWire(JSON.parse(stdout));
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  return reading.certificate;
};

const verifyArgs = (source: string, oracle: { url: string }, args: string[]) => [
  ...['verify', source, '--oracle-url', oracle.url, '--judge', 'offline'],
  ...args,
];
const verify = (source: string, oracle: { url: string }, ...args: string[]) =>
  runInProcess(verifyArgs(source, oracle, args));
const verifyInChild = (source: string, oracle: { url: string }, ...args: string[]) =>
  runCommand(verifyArgs(source, oracle, args));

const answerBy =
  (make: (written: HandWritten, request: OracleRequest) => unknown) => (request: OracleRequest) => {
    const written = handWritten.get(request.pr.id);
    if (written === undefined) throw new Error(`No answer was written for ${request.pr.id}.`);
    return { kind: 'answer', answer: make(written, request) } as const;
  };

test('an oracle that describes the change scores clearly higher than one that invents, and saying the diff back gains nothing', async () => {
  const reply = (request: OracleRequest) => describeChange(request).follow_up_response;
  const describing = await startOracle(
    answerBy((written, request) => ({
      summary: written.summary,
      key_claims: written.key_claims,
      follow_up_response: reply(request),
    })),
  );
  const inventing = await startOracle(
    answerBy((written) => ({
      summary: written.invented_claims.join(' '),
      key_claims: written.invented_claims,
      follow_up_response: 'It was migrated to another framework.',
    })),
  );
  const parroting = await startOracle(({ pr, follow_up_question }) => ({
    kind: 'answer',
    answer: {
      summary: pr.diff_content,
      key_claims: pr.diff_content.split('\n').filter((line) => /^[+-]/.test(line)),
      follow_up_response: follow_up_question,
    },
  }));
  const args = ['--limit', '10', '--seed', '7', '--json'];
  const outcomes = await Promise.all(
    [describing, inventing, parroting].map((oracle) => verify(changes, oracle, ...args)),
  );
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
  const [described, invented, parroted] = outcomes.map(({ stdout }) => certificateOf(stdout));
  if (!described || !invented || !parroted) throw new Error('A certificate is missing.');
  expect(described.precision - invented.precision).toBeGreaterThan(0.4);
  expect(described.compositeScore - invented.compositeScore).toBeGreaterThan(0.3);
  expect(parroted.precision).toBeLessThan(described.precision - 0.3);
  expect(parroted.recall).toBeLessThan(described.recall - 0.2);
  for (const certificate of [described, invented, parroted]) {
    expect(recomputeCertificate(certificate).disagreements).toEqual([]);
    expect(certificate.replayCount).toBe(10);
  }
}, 60_000);

test('a real git repository is verified by its path, and every number can be recomputed', async () => {
  const oracle = await startOracle();
  const outcome = await verifyInChild(
    repository.path,
    oracle,
    ...['--limit', '4', '--min-replays', '4', '--json'],
  );
  expect(outcome.code).toBe(0);
  const certificate = certificateOf(outcome.stdout);
  expect(recomputeCertificate(certificate).disagreements).toEqual([]);
  expect(certificate).toMatchObject({
    constructId: new URL(oracle.url).host,
    replayCount: 4,
    provisional: false,
    tier: 'UNVERIFIED',
    ranked: false,
    judge: 'offline',
    sample: false,
  });
  // A path may say more than its owner wants.
  expect(outcome.stdout).not.toContain(repository.path);
  expect(oracle.requests).toHaveLength(4);
  expect(outcome.stderr).toMatch(/Seed \d+/);
});

test('one seed draws the same changes, another draws others', async () => {
  const oracle = await startOracle();
  const draw = async (seed: string) => {
    const { stdout } = await verify(changes, oracle, '--limit', '5', '--seed', seed, '--json');
    return certificateOf(stdout).replayScores.map(({ groundTruthId }) => groundTruthId);
  };
  const [first, again, other] = await Promise.all([draw('1'), draw('1'), draw('2')]);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test('for a reader, the certificate says what judged it and what each number means', async () => {
  const oracle = await startOracle(() => ({ kind: 'status', status: 500 }));
  const shown = await verifyInChild(changes, oracle, '--limit', '2', '--construct-id', 'acme');
  expect(shown.code).toBe(0);
  for (const words of [
    'Calibration certificate of acme',
    'Offline judge: a lexical baseline',
    'Provisional: 2 of the 50',
    'oracle failure: status: The oracle answered 500.',
    'What is estimated',
    'lower is better',
  ])
    expect(shown.stdout).toContain(words);
  // Without a terminal there is no colour and no bar that moves.
  expect(`${shown.stdout}${shown.stderr}`).not.toContain('\u001b');
});

test('an oracle that fails is certified with zeros', async () => {
  const oracle = await startOracle(() => ({ kind: 'status', status: 500 }));
  const { code, stdout } = await verify(changes, oracle, '--limit', '3', '--json');
  expect(code).toBe(0);
  expect(certificateOf(stdout)).toMatchObject({
    compositeScore: 0,
    brier: 0.5,
    counts: { scored: 3, oracleFailures: 3 },
  });
});

test('a wrong address is a mistake, not a verdict; once the oracle runs, the same command succeeds', async () => {
  const oracle = await startOracle();
  const { port } = new URL(oracle.url);
  await oracle.close();
  const out = join(folder, 'unreachable');
  const args = ['--limit', '2', '--out', out, '--json'] as const;
  const failed = await verify(changes, oracle, ...args);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  expect(failed.stderr).toContain('mistake, not a verdict');
  expect(existsSync(join(out, 'certificate.json'))).toBe(false);
  const server = createServer((_, response) => response.end(JSON.stringify({ summary: 'It runs now.' })));
  await new Promise<void>((listening) => server.listen(Number(port), '127.0.0.1', listening));
  try {
    expect(await verify(changes, oracle, ...args)).toMatchObject({ code: 0 });
  } finally {
    server.close();
  }
}, 40_000);

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
    // The first four are answered; the next hang until the command is stopped.
    const oracle = await startOracle(async (request, count) => {
      if (count === 4) stop();
      return {
        kind: 'answer',
        answer: describeChange(request),
        ...(count >= 4 && count < 6 && { afterMs: 30_000 }),
      };
    });
    const args = ['verify', changes, '--oracle-url', oracle.url, '--judge', 'offline'];
    args.push('--limit', '8', '--concurrency', '2', '--out', out, '--json');
    const stopped = await runCommand(args, {
      onStart: (child) => {
        // A moment later, so that what was answered has been stored.
        stop = () => void setTimeout(() => child.kill(signal), 300);
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
    expect(JSON.parse(readFileSync(join(out, 'certificate.json'), 'utf8'))).toEqual(
      JSON.parse(resumed.stdout),
    );
    const evidence = readFileSync(join(out, 'evidence.jsonl'), 'utf8').trim().split('\n');
    expect(evidence.map((line) => JSON.parse(line).ground_truth.id)).toHaveLength(8);
  },
  60_000,
);

test('a directory of another configuration is refused with what differs', async () => {
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

test('secrets of the oracle’s address and headers reach neither output nor directory, though the oracle says them back', async () => {
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

test('a dry run says what would be done and costs, and calls neither oracle nor judge', async () => {
  const oracle = await startOracle();
  const out = join(folder, 'dry');
  const outcome = await verify(changes, oracle, '--limit', '5', '--out', out, '--dry-run', '--json');
  expect(outcome.code).toBe(0);
  expect(JSON.parse(outcome.stdout)).toMatchObject({ dry_run: true, changes: 5, judge: 'offline' });
  const paid = await runInProcess(
    ['verify', changes, '--oracle-url', oracle.url, '--judge', 'anthropic', '--limit', '5', '--dry-run'],
    // Nothing listens there: a call would fail.
    withSettings({ anthropicApiKey: 'planted-anthropic-key', anthropicBaseUrl: 'http://127.0.0.1:9' }),
  );
  expect(paid.code).toBe(0);
  expect(paid.stdout).toMatch(/USD/);
  expect(`${paid.stdout}${paid.stderr}`).not.toContain('planted-');
  expect(oracle.requests).toEqual([]);
  expect(existsSync(out)).toBe(false);
});

test('what ingest writes can be verified, and draws as the repository itself does', async () => {
  const oracle = await startOracle();
  const file = join(folder, 'truth.jsonl');
  const written = await runInProcess(['ingest', repository.path, '--out', file, '--seed', '3', '--json']);
  expect(written.code).toBe(0);
  expect(JSON.parse(written.stdout)).toMatchObject({ written: 6, file });
  const args = ['--limit', '3', '--seed', '5', '--json'] as const;
  const [fromFile, fromPath] = await Promise.all([
    verify(file, oracle, ...args),
    verify(repository.path, oracle, ...args),
  ]);
  const ids = ({ stdout }: { stdout: string }) =>
    certificateOf(stdout).replayScores.map(({ groundTruthId }) => groundTruthId);
  expect(ids(fromFile)).toEqual(ids(fromPath));
});

test('wrong usage ends with exit code 2, a message on standard error and nothing on standard output', async () => {
  const outcome = await runCommand(['verify', changes, '--oracle-python', 'module']);
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).toContain('module:callable');
});

test('a folder that is no repository fails with what to give instead', async () => {
  const oracle = await startOracle();
  const outcome = await verify(mkdtempSync(join(folder, 'empty-')), oracle);
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toContain('not a git repository');
});

test('a variable that breaks its rule is named', async () => {
  const outcome = await runCommand(['ingest', changes, '--out', join(folder, 'x.jsonl')], {
    env: { PORT: 'none' },
  });
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain('PORT must be a whole number');
});

test('inspect shows a certificate, agrees with it, and finds what was changed', async () => {
  const oracle = await startOracle();
  const out = join(folder, 'inspected');
  await verify(changes, oracle, '--limit', '3', '--out', out);
  const file = join(out, 'certificate.json');
  const shown = await runInProcess(['inspect', file]);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toContain('Calibration certificate of');
  expect(shown.stderr).toContain('every number agrees');

  const document = JSON.parse(readFileSync(file, 'utf8'));
  const changed = join(folder, 'changed.json');
  writeFileSync(changed, JSON.stringify({ ...document, brier: 0.01 }));
  const found = await runInProcess(['inspect', changed, '--json']);
  expect(found.code).toBe(1);
  expect(JSON.parse(found.stdout).disagreements).toMatchObject([{ field: 'brier', published: 0.01 }]);

  writeFileSync(changed, JSON.stringify({ ...document, brier: 'low' }));
  expect(await runInProcess(['inspect', changed])).toMatchObject({ code: 2, stdout: '' });
  expect(await runInProcess(['inspect', changes])).toMatchObject({ code: 2, stdout: '' });
  expect(await runInProcess(['inspect', join(folder, 'missing.json')])).toMatchObject({
    code: 2,
    stdout: '',
  });
});

test('inspect takes the address of a certificate, and that of its page', async () => {
  const oracle = await startOracle();
  const { stdout } = await verify(changes, oracle, '--limit', '2', '--json');
  const server = createServer((request, response) => {
    const known = request.url === '/api/v1/verification/certificates/abc';
    response.writeHead(known ? 200 : 404).end(known ? stdout : '{"detail": "Not found."}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  try {
    for (const path of ['/api/v1/verification/certificates/abc', '/certificates/abc'])
      expect(await runInProcess(['inspect', base + path])).toMatchObject({ code: 0 });
    const unknown = await runInProcess(['inspect', `${base}/certificates/other`]);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('no certificate at this address');
  } finally {
    server.close();
  }
});
