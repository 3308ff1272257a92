import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { fixtureChanges } from '#testing/builders/judged-fixtures.ts';
import { describeChange } from '#testing/fakes/oracles/http-fake.ts';
import { runCommand, runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import {
  certificateOf,
  changes,
  modelAt,
  openVerifyRig,
  verify,
  verifyInChild,
} from '#testing/rigs/verify-rig.ts';
import { recomputeCertificate } from '#verification/certificate/recompute.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';

const { folder, startOracle, closeServers, remove } = openVerifyRig();
afterEach(closeServers);
afterAll(remove);

type HandWritten = { id: string; summary: string; key_claims: string[]; invented_claims: string[] };
const handWritten = new Map(
  readFileSync(join(import.meta.dirname, '../testing/fixtures/hand-written-answers.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line): HandWritten => JSON.parse(line))
    .map((answer) => [answer.id, answer]),
);

const answerBy =
  (make: (written: HandWritten, request: OracleRequest) => unknown) => (request: OracleRequest) => {
    const written = handWritten.get(request.pr.id);
    if (written === undefined) throw new Error(`No answer was written for ${request.pr.id}.`);
    return { kind: 'answer', answer: make(written, request) } as const;
  };

test('an oracle that describes the change scores clearly higher than one that invents, and repeating the diff gains nothing', async () => {
  // What people write about a change is mostly what a program does, on which the offline check does not rule. So beside
  // their summary it claims what was changed.
  const judge = offlineJudge();
  const facts = new Map(
    await Promise.all(
      fixtureChanges().map(async (change) => {
        const reply = await judge.open(change).ask({ measure: 'answer_key' });
        return [change.id, reply.ok ? reply.answer.changes.map(({ statement }) => statement) : []] as const;
      }),
    ),
  );
  const describing = await startOracle(
    answerBy((written, request) => {
      const stated = facts.get(request.pr.id) ?? [];
      return {
        summary: [written.summary, ...stated].join(' '),
        key_claims: [...written.key_claims, ...stated],
        follow_up_response: describeChange(request).follow_up_response,
      };
    }),
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
  // What the methodology asks of the offline check ("The offline check").
  expect(described.compositeScore - invented.compositeScore).toBeGreaterThan(0.3);
  expect(parroted.precision).toBeLessThan(described.precision - 0.3);
  expect(parroted.recall).toBeLessThan(described.recall - 0.2);
  for (const certificate of [described, invented, parroted]) {
    expect(recomputeCertificate(certificate).disagreements).toEqual([]);
    expect(certificate.replayCount).toBe(10);
  }
});

test('the shown certificate says what judged it and what each number means', async () => {
  const oracle = await startOracle(() => ({ kind: 'status', status: 500 }));
  const shown = await verifyInChild(changes, oracle, '--limit', '2', '--construct-id', 'acme');
  expect(shown.code).toBe(0);
  // Before the run, as a dry run says it.
  expect(shown.stderr).toMatch(
    /Can tell: the composite to about ±\d\.\d{3} with 2 replays;.*assumed, not measured/,
  );
  for (const words of [
    'Calibration certificate of acme',
    'Offline check. There was no claim to rule on.',
    'Provisional: 2 replays were scored, and at least 50 are needed',
    'oracle failure: status 500',
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

test('a dry run shows what a run would do and cost, and calls neither oracle nor judge', async () => {
  const oracle = await startOracle();
  const out = join(folder, 'dry');
  const outcome = await verify(changes, oracle, '--limit', '5', '--out', out, '--dry-run', '--json');
  expect(outcome.code).toBe(0);
  expect(JSON.parse(outcome.stdout)).toMatchObject({ dry_run: true, changes: 5, judge: 'offline' });
  const paid = await runInProcess(
    ['verify', changes, '--oracle-url', oracle.url, '--judge', 'anthropic', '--limit', '5', '--dry-run'],
    // Nothing listens there: a call would fail.
    withSettings(modelAt('http://127.0.0.1:9', 'planted-anthropic-key')),
  );
  expect(paid.code).toBe(0);
  expect(paid.stdout).toMatch(/USD/);
  for (const part of ['assumed, not measured', 'standard deviation of 0.200', 'the interval is wider'])
    expect(paid.stdout).toContain(part);
  expect(paid.stdout).toContain('The tokeniser did not count them: the Anthropic API could not be reached');
  expect(`${paid.stdout}${paid.stderr}`).not.toContain('planted-');
  expect(oracle.requests).toEqual([]);
  expect(existsSync(out)).toBe(false);
});

test('wrong usage ends with exit code 2, a message on standard error and nothing on standard output', async () => {
  const outcome = await runCommand(['verify', changes, '--oracle-python', 'module']);
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).toContain('module:callable');
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
  const { stdout } = await verify(changes, oracle, '--limit', '3', '--out', out, '--json');
  const file = join(out, 'certificate.json');
  const shown = await runInProcess(['inspect', file]);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toContain('Calibration certificate of');
  expect(shown.stderr).toContain('every number that follows from them agrees');

  // A server's answer has the replays in it.
  const document = JSON.parse(stdout);
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
